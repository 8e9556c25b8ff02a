import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  BatchGetItemCommand,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { SendMessagesCommand } from '@aws-sdk/client-pinpoint';
import { SendTextMessageCommand } from '@aws-sdk/client-pinpoint-sms-voice-v2';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SendEmailCommand } from '@aws-sdk/client-sesv2';
import {
  CreateStateMachineCommand,
  SendTaskSuccessCommand,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { objectStore } from '../../adapters/s3/objects.ts';
import { buildAssembly } from '../../local/assembly.ts';
import { directClients } from '../../local/direct/clients.ts';
import { guardCall, guardCalls } from '../../local/permissions/guard-calls.ts';
import { type Permission, permissionsOf, refusal } from '../../local/permissions/role-permissions.ts';
import { mergeTemplates, Template } from '../../local/template.ts';
import { dynamo, lambda, pinpoint, s3, ses, sfn, smsVoice, sqs } from '../../runtime/aws.ts';
import { bucketUsers } from '../lib/templates/bucket-users.ts';

let server: Server;
let all: Record<string, Permission[]>;
let caller: string | undefined;
let calls = 0;
const invoked = () => (caller === undefined ? undefined : { name: caller, permissions: all[caller] ?? [] });

beforeAll(async () => {
  server = createServer((request, response) => {
    calls += 1;
    request.resume().on('end', () => response.end('{}'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  vi.stubEnv('AWS_ENDPOINT_URL', url);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  all = permissionsOf(await buildAssembly());
  guardCalls(invoked);
});
afterAll(() => {
  caller = undefined;
  vi.unstubAllEnvs();
  server.closeAllConnections();
  server.close();
});

const keyOf = (pk: string) => ({ pk: { S: pk }, sk: { S: 'b' } });
const get = (pk = 'write-key#a') => dynamo().send(new GetItemCommand({ TableName: 'cairn-catalog', Key: keyOf(pk) }));
const getAll = (...pks: string[]) =>
  dynamo().send(new BatchGetItemCommand({ RequestItems: { 'cairn-catalog': { Keys: pks.map(keyOf) } } }));
const put = (pk: string) =>
  dynamo().send(new PutItemCommand({ TableName: 'cairn-catalog', Item: { ...keyOf(pk), at: { N: '1' } } }));
const query = (pk: string) =>
  dynamo().send(
    new QueryCommand({
      TableName: 'cairn-catalog',
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :sk)',
      ExpressionAttributeValues: { ':pk': { S: pk }, ':sk': { S: 'x' } },
    }),
  );
const remove = () =>
  dynamo().send(new DeleteItemCommand({ TableName: 'cairn-catalog', Key: { pk: { S: 'a' }, sk: { S: 'b' } } }));
const enqueue = (queue: string) =>
  sqs().send(
    new SendMessageBatchCommand({
      QueueUrl: `${process.env.AWS_ENDPOINT_URL}/000000000000/${queue}`,
      Entries: [{ Id: '0', MessageBody: '{}' }],
    }),
  );

/** Without HTTP, by what a function's thread sets. */
async function answered() {
  calls += 1;
  return { status: 200, headers: {}, body: '{}' };
}

const WAYS = ['by HTTP', 'directly'] as const;

/** Makes the calls of the tests that follow go this way. */
function goBy(way: (typeof WAYS)[number]): void {
  beforeAll(() => {
    if (way === 'by HTTP') return;
    globalThis.directClient = directClients({
      asks: { dynamodb: answered, sqs: answered, others: answered },
      guard: (...call) => guardCall(invoked(), ...call),
    });
  });
  afterAll(() => {
    globalThis.directClient = undefined;
  });
}

describe.each(WAYS)('a call of a function %s', (way) => {
  goBy(way);

  test('goes through where its role in the templates allows it', async () => {
    caller = 'cairn-ingest';
    const before = calls;
    await Promise.all([get(), enqueue('cairn-events.fifo')]);
    expect(calls).toBe(before + 2);
  });

  test('fails as on AWS where it does not, and leaves nothing behind', async () => {
    caller = 'cairn-ingest';
    const before = calls;
    await expect(remove()).rejects.toThrow(
      'cairn-ingest is not authorized to perform: dynamodb:DeleteItem on resource: arn:aws:dynamodb:us-east-1:000000000000:table/cairn-catalog',
    );
    await expect(enqueue('cairn-due')).rejects.toThrow(/sqs:SendMessage on resource: .*:cairn-due$/);
    expect(calls).toBe(before);
  });

  test.each([
    ['reads a write key of the admins’ list', 'cairn-process-events', () => get('write-keys')],
    ['reads the audit log', 'cairn-profiles-api', () => query('audit#2026-11-27')],
    ['reads a write key among definitions', 'cairn-process-events', () => getAll('tags#new', 'write-key#a')],
    ['writes an approval', 'cairn-process-events', () => put('journeys#welcome')],
    ['writes the audit log', 'cairn-advance-run', () => put('audit#2026-11-27')],
    ['reads a definition', 'cairn-ingest', () => get('journeys#welcome')],
    ['makes a write key', 'cairn-lifecycle-api', () => put('write-key#a')],
    ['changes a sending of a campaign', 'cairn-lifecycle-api', () => put('occurrences#news')],
  ])('that %s fails for %s: the partition is not its own', async (_what, name, call) => {
    caller = name;
    const before = calls;
    await expect(call()).rejects.toThrow(/is not authorized to perform: .* with the partition keys /);
    expect(calls).toBe(before);
  });

  test('goes through to the partitions that are its own', async () => {
    const before = calls;
    caller = 'cairn-process-events';
    await Promise.all([getAll('tags#new', 'journeys#welcome', 'pointer'), query('journeys#welcome'), put('coupons#a')]);
    caller = 'cairn-admin-api';
    await Promise.all([put('audit#2026-11-27'), get('write-keys')]);
    caller = 'cairn-monitoring-api';
    await query('audit#2026-11-27');
    expect(calls).toBe(before + 6);
  });

  test('wakes a run from whatever commits an event: a trigger of the API too', async () => {
    const before = calls;
    const wakers = [
      'cairn-process-events',
      'cairn-process-due-profiles',
      'cairn-register-task-token',
      'cairn-profiles-api',
    ];
    for (caller of wakers) await sfn().send(new SendTaskSuccessCommand({ taskToken: 'token', output: '{}' }));
    expect(calls).toBe(before + wakers.length);
    caller = 'cairn-profiles-api';
    const executionArn = 'arn:aws:states:us-east-1:000000000000:execution:cairn-a-v1:b';
    await expect(sfn().send(new StopExecutionCommand({ executionArn }))).rejects.toThrow(/states:StopExecution/);
  });

  test('is not looked at where no function makes it', async () => {
    caller = undefined;
    await expect(remove()).resolves.toBeDefined();
  });
});

/** What functions ask of providers and of Step Functions, beyond tables and queues. */
describe.each(WAYS)('a call of a function to a provider %s', (way) => {
  goBy(way);
  const aws = 'arn:aws';
  const mail = (more: object = {}) =>
    ses().send(
      new SendEmailCommand({
        FromEmailAddress: 'Cairn <no-reply@example.com>',
        ConfigurationSetName: 'cairn',
        Destination: { ToAddresses: ['ann@other.example'] },
        Content: { Simple: { Subject: { Data: 's' }, Body: { Text: { Data: 't' } } } },
        ...more,
      }),
    );
  const text = (more: object = {}) =>
    smsVoice().send(
      new SendTextMessageCommand({
        DestinationPhoneNumber: '+8613800138000',
        OriginationIdentity: 'Cairn',
        ConfigurationSetName: 'cairn',
        MessageBody: 'text',
        ...more,
      }),
    );
  const push = (application = 'not-set') =>
    pinpoint().send(
      new SendMessagesCommand({ ApplicationId: application, MessageRequest: { MessageConfiguration: {} } }),
    );
  const machine = 'cairn-welcome-v1';
  const role = `${aws}:iam::000000000000:role/cairn-journeys`;
  const make = (roleArn = role, name = machine) =>
    sfn().send(
      new CreateStateMachineCommand({ name, definition: '{}', roleArn, tags: [{ key: 'cairn', value: 'cairn' }] }),
    );
  const start = (name = machine) =>
    sfn().send(
      new StartExecutionCommand({ stateMachineArn: `${aws}:states:us-east-1:000000000000:stateMachine:${name}` }),
    );
  const invoke = () =>
    lambda().send(new InvokeCommand({ FunctionName: 'cairn-compile-mjml', Payload: Buffer.from('{}') }));
  const secret = () =>
    new SecretsManagerClient().send(
      new GetSecretValueCommand({ SecretId: `${aws}:secretsmanager:us-east-1:000000000000:secret:other` }),
    );

  /** Without this action in the statements of the function's role. */
  async function without(name: string, action: string, act: () => Promise<unknown>): Promise<void> {
    const whole = all;
    const left = (whole[name] ?? []).map((one) => ({ ...one, actions: one.actions.filter((its) => its !== action) }));
    expect(left).not.toEqual(whole[name]);
    all = { ...whole, [name]: left };
    try {
      await act();
    } finally {
      all = whole;
    }
  }

  test.each([
    ['cairn-send-email', 'ses:SendEmail', () => mail()],
    ['cairn-send-sms', 'sms-voice:SendTextMessage', () => text()],
    ['cairn-send-push', 'mobiletargeting:SendMessages', () => push()],
    ['cairn-lifecycle-api', 'states:CreateStateMachine', () => make()],
    ['cairn-lifecycle-api', 'iam:PassRole', () => make()],
    ['cairn-lifecycle-api', 'states:TagResource', () => make()],
    ['cairn-start-run', 'states:StartExecution', () => start()],
    ['cairn-admin-api', 'lambda:InvokeFunction', () => invoke()],
  ])('of %s needs %s: denied if the template does not allow it', async (name, action, call) => {
    caller = name;
    let before = calls;
    await call().catch(() => 'the answer is empty');
    expect(calls).toBeGreaterThan(before);
    await without(name, action, async () => {
      before = calls;
      await expect(call()).rejects.toMatchObject({
        name: 'AccessDeniedException',
        message: expect.stringContaining(`${name} is not authorized to perform: ${action} `),
        $metadata: { httpStatusCode: 403 },
      });
      expect(calls).toBe(before);
    });
  });

  test.each([
    ['another sender', 'cairn-send-email', () => mail({ FromEmailAddress: 'cairn@evil.example' }), /identity\//],
    ['another set', 'cairn-send-email', () => mail({ ConfigurationSetName: 'other' }), /configuration-set\/other/],
    ['another sender id', 'cairn-send-sms', () => text({ OriginationIdentity: 'Other' }), /sender-id\/Other\/CN/],
    ['a number of its own', 'cairn-send-sms', () => text({ OriginationIdentity: 'phone-1' }), /phone-number\/phone-1/],
    ['another set of texts', 'cairn-send-sms', () => text({ ConfigurationSetName: 'other' }), /-set\/other/],
    ['another application', 'cairn-send-push', () => push('other'), /apps\/other\/messages/],
    ['another role', 'cairn-lifecycle-api', () => make(`${role}-2`), /iam:PassRole on resource: .*cairn-journeys-2/],
    ['another machine', 'cairn-lifecycle-api', () => make(role, 'other'), /stateMachine:other/],
    ['the start of another machine', 'cairn-start-run', () => start('other'), /stateMachine:other/],
    ['another secret', 'cairn-tracking-links', () => secret(), /GetSecretValue on resource/],
  ])('with %s is denied: %s', async (_what, name, call, message) => {
    caller = name;
    const before = calls;
    await expect(call()).rejects.toThrow(message);
    expect(calls).toBe(before);
  });

  test('needs the condition of a statement', () => {
    const permissions = [
      { actions: ['iam:PassRole'], resources: ['*'], conditions: { 'iam:PassedToService': ['lambda.amazonaws.com'] } },
    ];
    const call = (service: string) => ({
      action: 'iam:PassRole',
      resource: [role],
      leadingKeys: () => [],
      context: { 'iam:PassedToService': service },
    });
    expect(refusal(permissions, call('states.amazonaws.com'))).toBe(`iam:PassRole on resource: ${role}`);
    expect(refusal(permissions, call('lambda.amazonaws.com'))).toBeUndefined();
  });
});

/** They go by HTTP, whichever way others go. */
describe('a call of a function to S3', () => {
  const BUCKET = 'cairn-objects-000000000000-us-east-1';
  const PAGE = 'campaigns/a b/2026-11-11T00:00:00.000Z/1';
  let others: Record<string, Permission[]>;
  beforeAll(() => {
    others = all;
    all = permissionsOf(mergeTemplates(bucketUsers('000000000000', 'us-east-1')));
  });
  afterAll(() => {
    all = others;
  });
  const put = (key: string, bucket = BUCKET) => objectStore(s3(), bucket).put(key, 'Action=Publish');
  const get = (key: string, bucket = BUCKET) => objectStore(s3(), bucket).get(key);

  test('goes through where its role allows it for the prefix', async () => {
    const before = calls;
    caller = 'writer-ingest';
    await put(PAGE);
    caller = 'reader-ingest';
    expect(await get(PAGE)).toBe('{}');
    expect(calls).toBe(before + 2);
  });

  test.each([
    [
      'writer-ingest',
      () => put('imports/1'),
      /s3:PutObject on resource: arn:aws:s3:::cairn-objects-\d+-us-east-1\/imp/,
    ],
    ['writer-ingest', () => put(PAGE, 'other'), /s3:PutObject on resource: arn:aws:s3:::other\/campaigns\/a b\//],
    ['writer-ingest', () => get(PAGE), /s3:GetObject on resource/],
    ['reader-ingest', () => put(PAGE), /s3:PutObject on resource/],
    ['reader-ingest', () => get('campaigns'), /s3:GetObject on resource/],
  ])('of %s fails where it does not, and leaves nothing behind', async (name, call, message) => {
    const before = calls;
    caller = name;
    await expect(call()).rejects.toThrow(message);
    expect(calls).toBe(before);
  });

  test('that reads needs the list of the bucket, without which S3 would not say that an object is not there', async () => {
    const whole = all;
    caller = 'reader-ingest';
    all = { [caller]: (all[caller] ?? []).filter(({ actions }) => !actions.includes('s3:ListBucket')) };
    await expect(get(PAGE)).rejects.toThrow(/s3:ListBucket on resource: arn:aws:s3:::cairn-objects-\d+-us-east-1$/);
    all = whole;
  });
});

test('a condition that nobody would look at is refused', () => {
  const template = (condition: object) =>
    new Template(
      new Map([
        ['Role', { type: 'AWS::IAM::Role', properties: {} }],
        ['F', { type: 'AWS::Lambda::Function', properties: { FunctionName: 'f', Role: { Ref: 'Role' } } }],
        [
          'P',
          {
            type: 'AWS::IAM::Policy',
            properties: {
              Roles: [{ Ref: 'Role' }],
              PolicyDocument: { Statement: [{ Action: 'a:B', Resource: '*', Condition: condition }] },
            },
          },
        ],
      ]),
      new Map(),
    );
  expect(() => permissionsOf(template({ StringLike: { 'dynamodb:Attributes': ['x'] } }))).toThrow(
    /dynamodb:Attributes/,
  );
  expect(permissionsOf(template({ 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['x*'] } }))).toEqual({
    f: [{ actions: ['a:B'], resources: ['*'], leadingKeys: ['x*'] }],
  });
});
