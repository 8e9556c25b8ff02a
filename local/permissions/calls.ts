import { parsePhoneNumber } from 'libphonenumber-js';
import { parseMailbox } from '../../core/channels/email/mailbox.ts';
import { arnOf, bucketArn, type Json } from '../template.ts';

/** An action of a call to AWS. A call may need several: one that passes a role needs the permission to pass it too. */
export interface Call {
  action: string;
  /** ARNs, all of which must be allowed; of alternatives one. Undefined if the request does not name it, as with a task token. */
  resource: (string | string[])[] | undefined;
  /** Returns the partition keys that it uses in the table of that name. */
  leadingKeys: (table: string) => string[];
  /** Values of the condition keys that are checked. */
  context?: Record<string, string>;
}

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
  return requestedCalls(target === undefined ? path : String(target), body);
}

/** Returns what a request of that target needs, or of that path where it has no target. */
export function requestedCalls(name: string, body: string): Call[] {
  const objects = bucketCallsOf(name, body) ?? objectCallsOf(name);
  if (objects !== undefined) return objects;
  if (name.startsWith('/')) return [body.startsWith('Action=') ? queryCallOf(body) : restCallOf(name, body)];
  const [service = '', operation = ''] = name.split('.');
  return namedCall(SERVICES[service] ?? service, operation, inputOf(operation, body), () => JSON.parse(body) as Json);
}

/** Returns what a call of that name needs. `input` may lack what names no resource; `whole` returns all of it. */
export function namedCall(service: string, operation: string, input: Json, whole: () => Json): Call[] {
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

/**
 * Returns what a request to S3 needs, whose client names its operation in the query; undefined: it goes to another service. For an object that may
 * be absent, who reads must be allowed to list the bucket too, or S3 answers 403 in the place of 404.
 */
function objectCallsOf(path: string): Call[] | undefined {
  const [, bucket = '', key = '', operation = ''] = /^\/([^/?]+)\/([^?]*)\?(?:.*&)?x-id=(\w+)/.exec(path) ?? [];
  if (operation === '') return undefined;
  const one = objectCall(PARTS.has(operation) ? 'PutObject' : operation, `${bucket}/${decodeURIComponent(key)}`);
  return operation === 'GetObject' ? [one, objectCall('ListBucket', bucket)] : [one];
}

/** An object that is put in parts needs what one needs that is put at once. */
const PARTS = new Set(['CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload']);

/** Requests whose operation has a parameter of its own. */
function bucketCallsOf(path: string, body: string): Call[] | undefined {
  const [, bucket = '', key = '', query = ''] = /^\/([^/?]+)\/?([^?]*)\?(.*)$/.exec(path) ?? [];
  const parameters = new URLSearchParams(query);
  if (parameters.get('list-type') === '2') return [objectCall('ListBucket', bucket)];
  if (parameters.has('delete'))
    return [...body.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, one]) => objectCall('DeleteObject', `${bucket}/${one}`));
  const isUpload = parameters.has('uploads') || (parameters.has('uploadId') && !parameters.has('x-id'));
  return isUpload ? [objectCall('PutObject', `${bucket}/${decodeURIComponent(key)}`)] : undefined;
}

const objectCall = (action: string, of: string): Call => ({
  action: `s3:${action}`,
  resource: [bucketArn(of)],
  leadingKeys: noKeys,
});

/** SNS, whose operations are forms. */
function queryCallOf(body: string): Call {
  const form = new URLSearchParams(body);
  return {
    action: `sns:${form.get('Action')}`,
    resource: [form.get('TopicArn') ?? ''],
    leadingKeys: noKeys,
  };
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
