import type * as z from 'zod';
import { pointer } from '../../core/json-pointer.ts';
import { invalid } from '../../engine/errors.ts';
import { messageOf, unknownField } from './schema-messages.ts';

interface Issue {
  path: string;
  message: string;
}
type RawIssue = z.core.$ZodIssue;
/** zod's message of a union that has none of its own. */
const ANY_UNION = 'Invalid input';

/** Returns zod's issues with JSON pointers. Of a union, it returns the issues of the branch that matches best. */
export function issuesOf(error: { issues: readonly RawIssue[] }): Issue[] {
  return error.issues.flatMap((issue) => flatten(issue, []));
}

function flatten(issue: RawIssue, above: readonly PropertyKey[]): Issue[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ path: pointer([...path, key]), message: unknownField(key, issue.message) }));
  if (issue.code === 'invalid_key' && issue.issues.length > 0)
    return issue.issues.map(({ message }) => ({ path: pointer(path), message }));
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const branches = issue.errors.map((branch) => branch.flatMap((inner) => flatten(inner, path)));
    const nearest = branches.reduce((best, branch) => (nearer(branch, best) ? branch : best));
    // An issue deeper in the value is more specific than that of the union. If no branch matches at all, only the union's message can say what is
    // right.
    const isDeeper = nearest.every((inner) => inner.path !== pointer(path));
    return isDeeper || issue.message === ANY_UNION ? nearest : [{ path: pointer(path), message: issue.message }];
  }
  return [{ path: pointer(path), message: issue.message }];
}

/** Fewer faults first; if equal, deeper ones first. */
function nearer(branch: Issue[], best: Issue[]): boolean {
  const depth = (issues: Issue[]) => Math.max(...issues.map((issue) => issue.path.split('/').length));
  return branch.length < best.length || (branch.length === best.length && depth(branch) > depth(best));
}

/** Returns the parsed value, or throws a 422. `at`: its place in the request. */
export function parse<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  what: string,
  at = '',
): z.infer<Schema> {
  const read = schema.safeParse(value, { error: messageOf });
  if (read.success) return read.data;
  const issues = issuesOf(read.error).map(({ path, message }) => ({ path: at + path, message }));
  throw invalid(`The ${what} is not valid.`, issues);
}
