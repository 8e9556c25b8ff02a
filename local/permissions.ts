import http from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import { parsePhoneNumber } from 'libphonenumber-js';
import { parseMailbox } from '../core/messages/mailbox.ts';
import { arnOf, type Json, type Template } from './template.ts';

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

/** An action of a call to AWS. A call may need several: one that passes a role needs the permission to pass it too. */
interface Call {
  action: string;
  /** ARNs, all of which must be allowed; of alternatives one. Undefined if the request does not name it, as with a task token. */
  resource: (string | string[])[] | undefined;
  /** Returns the partition keys that it uses in the table of that name. */
  leadingKeys: (table: string) => string[];
  /** Values of the condition keys that are checked. */
  context?: Record<string, string>;
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

/** Returns what a signed request needs; of any other IAM would check nothing. */
export function callsOf(headers: Record<string, unknown>, path: string, body: string): Call[] {
  if (!String(headers.authorization ?? '').startsWith('AWS4-HMAC-SHA256')) return [];
  const target = headers['x-amz-target'];
  if (target === undefined) return [restCallOf(path, body)];
  const [service = '', operation = ''] = String(target).split('.');
  return namedCall(SERVICES[service] ?? service, operation, inputOf(operation, body), () => JSON.parse(body) as Json);
}

/** `input` may lack what names no resource. */
function namedCall(service: string, operation: string, input: Json, whole: () => Json): Call[] {
  const named = `${service}:${operation}`;
  const call = {
    action: ACTIONS[named] ?? named,
    resource: named === 'sms-voice:SendTextMessage' ? smsResources(input) : resourceOf(input),
    leadingKeys: (table: string) => leadingKeysIn(whole(), table),
  };
  return service === 'states' ? [call, ...alsoNeeded(call, input)] : [call];
}

/** Whoever makes or changes a state machine passes its role, and needs a permission of its own to tag it. */
function alsoNeeded({ resource, leadingKeys }: Call, { roleArn, tags }: Json): Call[] {
  const passed: Call = {
    action: 'iam:PassRole',
    resource: [String(roleArn)],
    leadingKeys,
    context: { 'iam:PassedToService': 'states.amazonaws.com' },
  };
  return [
    ...(roleArn === undefined ? [] : [passed]),
    ...(tags === undefined ? [] : [{ action: 'states:TagResource', resource, leadingKeys }]),
  ];
}

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsendusermessagingsmsandvoicev2.html */
function smsResources({ OriginationIdentity, ConfigurationSetName, DestinationPhoneNumber }: Json): string[] {
  const identity = String(OriginationIdentity);
  const [, kind] = /^(phone|pool)-/.exec(identity) ?? [];
  const country = parsePhoneNumber(String(DestinationPhoneNumber)).country ?? '';
  const resources = {
    phone: `phone-number/${identity}`,
    pool: `pool/${identity}`,
    sender: `sender-id/${identity}/${country}`,
  };
  return [
    identity.startsWith('arn:')
      ? identity
      : arnOf('sms-voice', resources[kind === 'phone' || kind === 'pool' ? kind : 'sender']),
    ...(ConfigurationSetName === undefined ? [] : [arnOf('sms-voice', `configuration-set/${ConfigurationSetName}`)]),
  ];
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
  if (input.definition !== undefined && typeof input.name === 'string')
    return [arnOf('states', `stateMachine:${input.name}`)];
  const arn = input.stateMachineArn ?? input.executionArn ?? input.SecretId;
  return arn === undefined ? undefined : [String(arn)];
}

/** Services whose operations are paths. */
function restCallOf(path: string, body: string): Call {
  const invoked = /\/functions\/([^/]+)\/invocations/.exec(path)?.[1];
  if (invoked !== undefined)
    return { action: 'lambda:InvokeFunction', resource: [arnOf('lambda', `function:${invoked}`)], leadingKeys: noKeys };
  if (path.includes('/outbound-emails')) return emailCallOf(JSON.parse(body) as SendEmail);
  const [, application = ''] = /\/v1\/(apps\/[^/]+\/messages)$/.exec(path) ?? [];
  return {
    action: 'mobiletargeting:SendMessages',
    resource: [arnOf('mobiletargeting', application)],
    leadingKeys: noKeys,
  };
}

interface SendEmail {
  FromEmailAddress: string;
  ConfigurationSetName?: string;
  Destination?: { ToAddresses?: string[] };
}

/**
 * An identity may be an address or its domain. The recipients are asked for too, as in SES's sandbox.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsimpleemailservicev2.html
 */
function emailCallOf({ FromEmailAddress, ConfigurationSetName, Destination }: SendEmail): Call {
  const from = parseMailbox(FromEmailAddress).address;
  const identities = (address: string) =>
    [address, address.split('@')[1] ?? ''].map((one) => arnOf('ses', `identity/${one}`));
  return {
    action: 'ses:SendEmail',
    resource: [
      identities(from),
      ...(ConfigurationSetName === undefined ? [] : [arnOf('ses', `configuration-set/${ConfigurationSetName}`)]),
      ...(Destination?.ToAddresses ?? []).map(identities),
    ],
    leadingKeys: noKeys,
    context: { 'ses:FromAddress': from },
  };
}

export class AccessDeniedError extends Error {
  override readonly name = 'AccessDeniedException';
  /** Fields by which the SDK's errors show that the service has answered. */
  readonly $metadata = { httpStatusCode: 403 };
}

interface Caller {
  name: string;
  permissions: Permission[];
}

function denied({ name, permissions }: Caller, calls: Call[]): AccessDeniedError | undefined {
  const [refused] = calls.flatMap((call) => refusal(permissions, call) ?? []);
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

const textOf = (body: unknown): string =>
  body instanceof Uint8Array ? Buffer.from(body).toString() : typeof body === 'string' ? body : '';

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
      const error = denied(who, callsOf(headers, made.path, textOf(body[0])));
      return error === undefined ? end(...(body as [])) : made.destroy(error);
    };
    return made;
  };
  http.request = guarded as typeof request;
  syncBuiltinESMExports();
}
