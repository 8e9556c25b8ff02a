import http from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import { arnOf, type Json, type Template } from './template.ts';

/** Permissions that one statement of a function's role grants. */
export interface Permission {
  actions: string[];
  /** ARNs, in which `*` is a wildcard. */
  resources: string[];
  /** Allowed partition keys, in which `*` is a wildcard; absent: any. */
  leadingKeys?: string[];
}

/** A call to AWS. `resource` is undefined if the request does not name it, as with a task token or an identity within a body. */
interface Call {
  action: string;
  resource: string[] | undefined;
  /** Returns the partition keys that it uses in the table of that name. */
  leadingKeys: (table: string) => string[];
}

const list = (value: unknown): string[] => [value].flat().map(String);

const LEADING_KEYS = 'dynamodb:LeadingKeys';
/** Condition keys that the checked calls do not contain: a machine's tag, the service that a role is passed to, the sender, and `ReturnValues`. */
const TAKEN_AS_MET = /^(iam:PassedToService|ses:FromAddress|dynamodb:ReturnValues|aws:(Request|Resource)Tag\/.*)$/;

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
          leadingKeys: leadingKeysOf((Condition ?? {}) as Record<string, Json>),
        })),
      ];
    }),
  );
}

/** @throws Error for a condition that is not checked */
function leadingKeysOf(conditions: Record<string, Json>): string[] | undefined {
  const all = Object.entries(conditions).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, value]) => ({ operator, key, value })),
  );
  const unknown = all.find(({ operator, key }) =>
    key === LEADING_KEYS ? operator !== 'ForAllValues:StringLike' : !TAKEN_AS_MET.test(key),
  );
  if (unknown !== undefined)
    throw new Error(`a policy has the condition ${unknown.operator} of ${unknown.key}, which is not looked at here`);
  const found = all.find(({ key }) => key === LEADING_KEYS);
  return found === undefined ? undefined : list(found.value);
}

/** Returns the part of the call that is not allowed, in IAM's words, or undefined if all of it is. */
export function refusal(permissions: Permission[], { action, resource, leadingKeys }: Call): string | undefined {
  const given = permissions.filter(({ actions }) => actions.includes(action));
  if (resource === undefined)
    return given.some(({ resources }) => resources.length > 0) ? undefined : `${action} on any resource`;
  for (const arn of resource) {
    const about = given.filter(({ resources }) => resources.some((pattern) => covers(pattern, arn)));
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

const SERVICES: Record<string, string> = {
  DynamoDB_20120810: 'dynamodb',
  AmazonSQS: 'sqs',
  AWSStepFunctions: 'states',
  secretsmanager: 'secretsmanager',
  PinpointSMSVoiceV2: 'sms-voice',
};
/** IAM has one action for both. */
const ACTIONS: Record<string, string> = {
  'sqs:SendMessageBatch': 'sqs:SendMessage',
  'sqs:ChangeMessageVisibilityBatch': 'sqs:ChangeMessageVisibility',
};

/** Returns the action and the resource of a signed request; undefined: IAM would check nothing. */
export function callOf(headers: Record<string, unknown>, path: string, body: string): Call | undefined {
  if (!String(headers.authorization ?? '').startsWith('AWS4-HMAC-SHA256')) return undefined;
  const target = headers['x-amz-target'];
  if (target === undefined) return restCallOf(path);
  const [service = '', operation = ''] = String(target).split('.');
  return namedCall(SERVICES[service] ?? service, operation, inputOf(operation, body), () => JSON.parse(body) as Json);
}

/** `input` may lack what names no resource. */
function namedCall(service: string, operation: string, input: Json, whole: () => Json): Call {
  const named = `${service}:${operation}`;
  return {
    action: ACTIONS[named] ?? named,
    resource: resourceOf(input),
    leadingKeys: (table) => leadingKeysIn(whole(), table),
  };
}

/** Returns the partition keys of a request to DynamoDB: strings named `pk` in our tables. */
function leadingKeysIn(input: Json, table: string): string[] {
  const keyOf = (item: unknown): string[] => {
    const { pk } = (item ?? {}) as { pk?: { S?: string } };
    return pk?.S === undefined ? [] : [pk.S];
  };
  const batch = (input.RequestItems as Json | undefined)?.[table] as { Keys?: unknown[] } | Json[] | undefined;
  if (Array.isArray(batch))
    return batch.flatMap(({ PutRequest, DeleteRequest }) => [
      ...keyOf((PutRequest as Json | undefined)?.Item),
      ...keyOf((DeleteRequest as Json | undefined)?.Key),
    ]);
  if (batch !== undefined) return (batch.Keys ?? []).flatMap(keyOf);
  if (input.KeyConditionExpression === undefined) return [...keyOf(input.Key), ...keyOf(input.Item)];
  const [, value = ''] = /\bpk\s*=\s*(:\w+)/.exec(String(input.KeyConditionExpression)) ?? [];
  return keyOf({ pk: (input.ExpressionAttributeValues as Json | undefined)?.[value] });
}

const noKeys = (): string[] => [];

/** The SDK writes these fields first; the rest of an item or a message may be long, and names no index. */
const FIRST = /^\{"(TableName|QueueUrl)":"([^"\\]+)"/;
const OF_ONE = new Set(['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'SendMessage', 'SendMessageBatch']);

function inputOf(operation: string, body: string): Json {
  const [, name, value] = (OF_ONE.has(operation) && FIRST.exec(body)) || [];
  return name === undefined ? (JSON.parse(body) as Json) : { [name]: value };
}

function resourceOf(input: Json): string[] | undefined {
  const table = (name: string) => arnOf('dynamodb', `table/${name}`);
  if (typeof input.TableName === 'string')
    return [table(input.TableName) + (input.IndexName === undefined ? '' : `/index/${input.IndexName}`)];
  if (input.RequestItems !== undefined) return Object.keys(input.RequestItems as Json).map(table);
  if (typeof input.QueueUrl === 'string') return [arnOf('sqs', input.QueueUrl.split('/').at(-1) ?? '')];
  const arn = input.stateMachineArn ?? input.executionArn ?? input.SecretId;
  return arn === undefined ? undefined : [String(arn)];
}

/** Services whose operations are paths. */
function restCallOf(path: string): Call {
  const invoked = /\/functions\/([^/]+)\/invocations/.exec(path)?.[1];
  if (invoked !== undefined)
    return { action: 'lambda:InvokeFunction', resource: [arnOf('lambda', `function:${invoked}`)], leadingKeys: noKeys };
  if (path.includes('/outbound-emails')) return { action: 'ses:SendEmail', resource: undefined, leadingKeys: noKeys };
  return { action: 'mobiletargeting:SendMessages', resource: undefined, leadingKeys: noKeys };
}

export class AccessDeniedError extends Error {
  override readonly name = 'AccessDeniedException';
}

interface Caller {
  name: string;
  permissions: Permission[];
}

function denied({ name, permissions }: Caller, call: Call | undefined): AccessDeniedError | undefined {
  const refused = call && refusal(permissions, call);
  return refused === undefined ? undefined : new AccessDeniedError(`${name} is not authorized to perform: ${refused}`);
}

/** For a call that is not sent as a request. @throws AccessDeniedError where its caller's role in the templates does not allow it */
export function guardCall(who: Caller | undefined, service: string, operation: string, input: Json): void {
  const error =
    who &&
    denied(
      who,
      namedCall(service, operation, input, () => input),
    );
  if (error !== undefined) throw error;
}

/** Makes this thread's calls to AWS fail if the role of their caller in the templates does not allow them, as they would in AWS. */
export function guardCalls(caller: () => Caller | undefined): void {
  const { request } = http;
  const guarded = (...args: Parameters<typeof request>): http.ClientRequest => {
    const made = request(...args);
    const who = caller();
    if (who === undefined) return made;
    const end = made.end.bind(made);
    made.end = (...body: unknown[]) => {
      const headers = {
        authorization: made.getHeader('authorization'),
        'x-amz-target': made.getHeader('x-amz-target'),
      };
      const call = callOf(headers, made.path, String(body[0] ?? ''));
      const error = denied(who, call);
      return error === undefined ? end(...(body as [])) : made.destroy(error);
    };
    return made;
  };
  http.request = guarded as typeof request;
  syncBuiltinESMExports();
}
