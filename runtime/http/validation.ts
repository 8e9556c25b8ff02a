import type * as z from 'zod';
import { pointer } from '../../core/definitions/pointer.ts';
import { invalid } from '../../engine/errors.ts';
import { messageOf, unknownField } from './schema-messages.ts';

interface Issue {
  path: string;
  message: string;
}
type RawIssue = z.core.$ZodIssue;
/** zod's message of a union that has none of its own. */
const ANY_UNION = 'Invalid input';

/** What zod found, with JSON pointers; of a union, what the branch that came nearest found. */
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
    // What lies deeper says more than the union; of what none of its options takes, only the union can say what is right.
    const isDeeper = nearest.every((inner) => inner.path !== pointer(path));
    return isDeeper || issue.message === ANY_UNION ? nearest : [{ path: pointer(path), message: issue.message }];
  }
  return [{ path: pointer(path), message: issue.message }];
}

/** Fewer faults first; of as many, those that lie deeper. */
function nearer(branch: Issue[], best: Issue[]): boolean {
  const depth = (issues: Issue[]) => Math.max(...issues.map((issue) => issue.path.split('/').length));
  return branch.length < best.length || (branch.length === best.length && depth(branch) > depth(best));
}

/** The parsed value, or a 422. `at`: where it lies in what was sent. */
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
