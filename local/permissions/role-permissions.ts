import type { Json, Template } from '../template.ts';
import type { Call } from './calls.ts';

/** Permissions that one statement of a function's role grants. */
export interface Permission {
  actions: string[];
  /** ARNs, in which `*` is a wildcard. */
  resources: string[];
  /** Allowed partition keys, in which `*` is a wildcard; absent: any. */
  leadingKeys?: string[];
  /** Values that condition keys must have. */
  conditions?: Record<string, string[]>;
}

const list = (value: unknown): string[] => [value].flat().map(String);

const LEADING_KEYS = 'dynamodb:LeadingKeys';
/** Condition keys whose values are compared with those of the call. */
const COMPARED = new Set(['iam:PassedToService', 'ses:FromAddress']);
/** Condition keys that the checked calls do not contain: a machine's tag, and `ReturnValues`. */
const TAKEN_AS_MET = /^(dynamodb:ReturnValues|aws:(Request|Resource)Tag\/.*)$/;

/** Returns the permissions of each function, by its name, from the templates' policies. */
export function permissionsOf(template: Template): Record<string, Permission[]> {
  const policies = template.of('AWS::IAM::Policy').map(({ properties }) => ({
    roles: list(properties.Roles),
    statements: (properties.PolicyDocument as { Statement: Json[] }).Statement,
  }));
  return Object.fromEntries(
    template.of('AWS::Lambda::Function').map(({ properties }) => {
      const role = String(properties.Role).split('/').at(-1) ?? '';
      const own = policies.filter(({ roles }) => roles.includes(role)).flatMap(({ statements }) => statements);
      return [
        String(properties.FunctionName),
        own.map(({ Action, Resource, Condition }) => ({
          actions: list(Action),
          resources: list(Resource),
          ...conditionsOf((Condition ?? {}) as Record<string, Json>),
        })),
      ];
    }),
  );
}

/** @throws Error for a condition that is not checked */
function conditionsOf(conditions: Record<string, Json>): Pick<Permission, 'leadingKeys' | 'conditions'> {
  const all = Object.entries(conditions).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, value]) => ({ operator, key, value })),
  );
  const unknown = all.find(({ operator, key }) => {
    if (key === LEADING_KEYS) return operator !== 'ForAllValues:StringLike';
    return COMPARED.has(key) ? operator !== 'StringEquals' : !TAKEN_AS_MET.test(key);
  });
  if (unknown !== undefined)
    throw new Error(`a policy has the condition ${unknown.operator} of ${unknown.key}, which is not looked at here`);
  const found = all.find(({ key }) => key === LEADING_KEYS);
  const compared = all.filter(({ key }) => COMPARED.has(key)).map(({ key, value }) => [key, list(value)] as const);
  return {
    ...(found === undefined ? {} : { leadingKeys: list(found.value) }),
    ...(compared.length === 0 ? {} : { conditions: Object.fromEntries(compared) }),
  };
}

/** Returns the part of the call that is not allowed, in IAM's words, or undefined if all of it is. */
export function refusal(
  permissions: Permission[],
  { action, resource, leadingKeys, context = {} }: Call,
): string | undefined {
  const given = permissions.filter(
    ({ actions, conditions = {} }) =>
      actions.includes(action) &&
      Object.entries(conditions).every(([key, values]) => values.includes(context[key] ?? '')),
  );
  if (resource === undefined)
    return given.some(({ resources }) => resources.length > 0) ? undefined : `${action} on any resource`;
  for (const arns of resource) {
    const [arn = '', ...others] = [arns].flat();
    const about = given.filter(({ resources }) =>
      resources.some((pattern) => [arn, ...others].some((one) => covers(pattern, one))),
    );
    if (about.length === 0) return `${action} on resource: ${arn}`;
    if (about.some((one) => one.leadingKeys === undefined)) continue;
    const keys = leadingKeys(arn.split('/')[1] ?? '');
    // One statement must allow all keys of the call.
    const isMet = ({ leadingKeys: patterns = [] }: Permission) =>
      keys.every((key) => patterns.some((pattern) => covers(pattern, key)));
    if (!about.some(isMet)) return `${action} on resource: ${arn} with the partition keys ${keys.join(', ')}`;
  }
  return undefined;
}

const covers = (pattern: string, text: string): boolean =>
  pattern === text || (pattern.endsWith('*') && text.startsWith(pattern.slice(0, -1)));
