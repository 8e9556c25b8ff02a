import { readdirSync } from 'node:fs';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Context } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type * as z from 'zod';

/** What must stand in no line: each is found nowhere else. */
const MARKS = {
  email: 'marked.address@secret.example',
  phone: '+8613912345678',
  token: 'marked-push-token',
  name: 'Marked Surname',
  userId: 'marked-user-id',
  body: 'marked body of a message',
  stop: 'STOP marked reply',
  code: 'MARKED-COUPON',
  link: 'marked-link-token',
  key: 'marked-write-key',
};
/** AWS quotes values of requests in its messages. */
const QUOTED = `1 validation error detected: Value '${MARKS.email} ${MARKS.code}' at "${MARKS.token}" failed to satisfy constraint`;

const clients = [
  DynamoDBDocumentClient,
  SQSClient,
  SFNClient,
  LambdaClient,
  SecretsManagerClient,
  CloudFormationClient,
].map((client) => mockClient(client as typeof SQSClient));

const refusal = (name: string) =>
  Object.assign(new Error(QUOTED), { name, $metadata: { httpStatusCode: 400 }, $fault: 'client' });

let lines: string[];
beforeEach(() => {
  lines = [];
  const keep = (chunk: unknown) => {
    lines.push(String(chunk));
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(keep);
  vi.spyOn(process.stderr, 'write').mockImplementation(keep);
  for (const method of ['log', 'info', 'warn', 'error'] as const) vi.spyOn(console, method).mockImplementation(keep);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});
afterAll(() => {
  for (const client of clients) client.restore();
});

const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:cairn-queue';
const event = {
  id: MARKS.code,
  type: 'identify',
  at: 1,
  receivedAt: 1,
  index: 0,
  key: 'server',
  traits: { email: MARKS.email, phone: MARKS.phone, name: MARKS.name },
};
/** Bodies of queues: of every shape, and of none. */
const bodies = [
  `not { json ${MARKS.body}`,
  JSON.stringify({ [MARKS.email]: MARKS.body, profile: { [MARKS.name]: 1 }, entry: [MARKS.code] }),
  JSON.stringify({ profile: 'p', identity: { kind: 'user', id: MARKS.userId }, events: [event] }),
  JSON.stringify({
    profile: 'p',
    identity: { kind: 'user', id: MARKS.userId },
    events: [{ ...event, at: MARKS.name }],
  }),
  JSON.stringify({ Message: `plain ${MARKS.stop}` }),
  JSON.stringify({
    Message: JSON.stringify({ originationNumber: MARKS.phone, messageBody: MARKS.stop, [MARKS.name]: 1 }),
  }),
  JSON.stringify({
    Message: JSON.stringify({ eventType: 'Bounce', mail: { destination: [MARKS.email], tags: { message: ['m'] } } }),
  }),
  JSON.stringify({
    entry: 'e',
    leg: 1,
    n: 1,
    message: 'm',
    job: 'j',
    profile: 'p',
    metricEvents: [{ [MARKS.name]: 1 }],
  }),
];
const records = bodies.map((body, index) => ({
  messageId: `m${index}`,
  receiptHandle: 'r',
  body,
  attributes: { ApproximateReceiveCount: '5', MessageGroupId: 'g' },
  messageAttributes: {},
  eventSourceARN: QUEUE,
}));

const http = (method: string, rawPath: string, body?: string) => ({
  rawPath,
  rawQueryString: `text=${MARKS.name}`,
  body,
  isBase64Encoded: false,
  headers: {
    authorization: `Basic ${Buffer.from(`${MARKS.key}:`).toString('base64')}`,
    'content-type': 'application/json',
    'idempotency-key': MARKS.key,
  },
  queryStringParameters: { cursor: MARKS.link },
  requestContext: {
    http: { method, sourceIp: '203.0.113.7' },
    authorizer: { jwt: { claims: { sub: 'ann', 'cognito:groups': '[admin]' } } },
  },
});
const said = JSON.stringify({
  userId: MARKS.userId,
  event: MARKS.name,
  traits: event.traits,
  profileIds: [MARKS.userId],
});
const requests = [
  ...[
    '/v1/track',
    '/v1/batch',
    '/v1/settings',
    '/v1/templates/t',
    `/v1/profiles/${MARKS.userId}`,
    '/v1/journeys/j/submit',
  ],
  ...[`/u/${MARKS.link}`, `/c/${MARKS.link}`, `/v1/simulate/${MARKS.link}`, `/v1/addresses?address=${MARKS.email}`],
  ...['/v1/journeys/j/simulate', '/v1/audiences/preview', '/v1/calendars/cn', `/v1/profiles/${MARKS.userId}/traits`],
].flatMap((path) => [
  ...['POST', 'PUT', 'PATCH'].map((method) => http(method, path, said)),
  http('GET', path),
  http('POST', path, `{ not json ${MARKS.body}`),
]);
/** Inputs of what Step Functions, a schedule or another function invokes. */
const tasks: unknown[] = [
  { entry: 'e', leg: 1, n: 1, token: MARKS.token, data: { name: MARKS.name, code: MARKS.code } },
  { mjml: { toString: MARKS.body }, profile: { traits: event.traits }, [MARKS.name]: MARKS.body },
  { RequestType: 'Delete', ResourceProperties: { [MARKS.name]: MARKS.body }, PhysicalResourceId: MARKS.code },
  { detail: { executionArn: `arn:${MARKS.link}`, name: 'e-1', status: 'FAILED', input: JSON.stringify(event) } },
  null,
];

const VALUES: Record<string, string> = {
  PUBLIC_URL: 'https://cairn.example',
  TRACING: 'false',
  POINTER_MAX_AGE_MS: '0',
  WEBHOOK_HOSTS: '',
  DEAD_LETTER_QUEUE_URL: 'https://sqs.us-east-1.amazonaws.com/000000000000/cairn-queue-dlq',
  CHANNELS: 'email,sms,push,webhook',
  EMAIL_FROM: 'Shop <news@shop.example>',
  EMAIL_SENDERS: '["news@shop.example"]',
  EMAIL_IDENTITIES: '["shop.example"]',
};

const functions = readdirSync('functions');

describe('the log', () => {
  it.each(functions)('of %s holds nothing of a customer, whatever fails', async (name) => {
    const { EnvSchema } = (await import(`../../../functions/${name}/env.ts`)) as { EnvSchema: z.ZodObject };
    vi.stubEnv('AWS_REGION', 'us-east-1');
    vi.stubEnv('AWS_LAMBDA_LOG_LEVEL', 'DEBUG');
    for (const variable of [...Object.keys(EnvSchema.shape), 'DEAD_LETTER_QUEUE_URL'])
      vi.stubEnv(variable, VALUES[variable] ?? `https://sqs.us-east-1.amazonaws.com/000000000000/cairn-${variable}`);
    const { handler } = (await import(`../../../functions/${name}/handler.ts`)) as {
      handler: (given: unknown, context: Context) => Promise<unknown>;
    };
    const context = { awsRequestId: 'r', getRemainingTimeInMillis: () => 1_000 } as Context;
    for (const fault of ['ThrottlingException', 'ValidationException']) {
      for (const client of clients) client.onAnyCommand().rejects(refusal(fault));
      for (const given of [...records.map((record) => ({ Records: [record] })), ...requests, ...tasks])
        await handler(given, context).catch(() => undefined);
    }
    const all = lines.join('');
    expect(lines.length).toBeGreaterThan(0);
    expect(Object.values(MARKS).filter((mark) => all.includes(mark))).toEqual([]);
  });
});
