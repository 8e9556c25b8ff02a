import { SQSClient } from '@aws-sdk/client-sqs';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { type HttpEvent, httpHandler } from '../../../runtime/handlers/http-handler.ts';
import { batchHandler, queueHandler } from '../../../runtime/handlers/queue-handler.ts';
import { taskHandler } from '../../../runtime/handlers/task-handler.ts';
import { logger } from '../../../runtime/log.ts';
import { written } from '../written.ts';

const RUN = 'a'.repeat(26);
const PROFILE = 'b'.repeat(26);
const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:queue';
const CONTEXT = { awsRequestId: 'request-1', getRemainingTimeInMillis: () => 60_000 } as Context;
const nothing = { env: z.object({}), build: () => ({}) };

let sqs: ReturnType<typeof mockClient>;
beforeEach(() => {
  sqs = mockClient(SQSClient);
  sqs.onAnyCommand().resolves({});
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('DEAD_LETTER_QUEUE_URL', 'https://queue-dlq');
  vi.stubEnv('LOG_LEVEL', 'info');
});
afterEach(() => {
  sqs.restore();
  vi.unstubAllEnvs();
});

const record = (messageId: string, body: unknown) =>
  ({
    messageId,
    receiptHandle: messageId,
    body: JSON.stringify(body),
    eventSourceARN: QUEUE,
    attributes: { ApproximateReceiveCount: '1' },
  }) as unknown as SQSRecord;
const failing = async (): Promise<never> => {
  logger.info('at work');
  throw new Error('busy');
};

test('each line for a record carries the request, the record, and its profile, run or message', async () => {
  const handler = queueHandler({
    ...nothing,
    body: z.object({ profile: z.string(), message: z.string(), source: z.object({ run: z.string() }) }),
    handle: failing,
  });
  const body = { profile: PROFILE, message: 'm1', source: { run: RUN } };
  const lines = await written(() => handler({ Records: [record('1', body)] }, CONTEXT));
  const fields = {
    requestId: 'request-1',
    queue: QUEUE,
    sqsMessageId: '1',
    profile: PROFILE,
    run: RUN,
    messageId: 'm1',
  };
  expect(lines).toMatchObject([
    { message: 'at work', ...fields },
    { message: 'record will be retried', ...fields, error: { message: 'busy' } },
  ]);
});

test('a record that cannot be read is named', async () => {
  const handler = queueHandler({ ...nothing, body: z.object({ entry: z.string() }), handle: failing });
  const lines = await written(() => handler({ Records: [record('1', { entry: 7 })] }, CONTEXT));
  expect(lines).toMatchObject([
    { message: 'poison record', requestId: 'request-1', queue: QUEUE, sqsMessageId: '1', cause: expect.any(String) },
  ]);
});

test('of a batch that fails whole, each record is named', async () => {
  const handler = batchHandler({ ...nothing, body: z.string(), handleAll: failing }) as unknown as (
    event: SQSEvent,
    context: Context,
  ) => Promise<SQSBatchResponse>;
  const lines = await written(() => handler({ Records: [record('1', 'a'), record('2', 'b')] }, CONTEXT));
  expect(lines.slice(1)).toMatchObject(
    ['1', '2'].map((sqsMessageId) => ({ message: 'record will be retried', requestId: 'request-1', sqsMessageId })),
  );
});

test('a task of an execution carries its run', async () => {
  const handler = taskHandler({ ...nothing, handle: failing as (deps: object, input: object) => Promise<never> });
  const lines = await written(() => handler({ entry: RUN, leg: 1, n: 3 }, CONTEXT).catch(() => undefined));
  const fields = { requestId: 'request-1', run: RUN, leg: 1, step: 3 };
  expect(lines).toMatchObject([
    { message: 'at work', ...fields },
    { message: 'task failed', ...fields },
  ]);
});

test('a request carries the id that the access log has, its route, and of its path what is a hash of ours', async () => {
  const handler = httpHandler({ ...nothing, handle: failing });
  const event = {
    routeKey: 'GET /v1/profiles/{profile}/runs/{run}',
    requestContext: { requestId: 'api-1' },
    pathParameters: { profile: 'user:somebody@example.com', run: RUN },
  } as unknown as HttpEvent;
  const lines = await written(() => handler(event, CONTEXT));
  expect(lines).toMatchObject([
    { message: 'at work', run: RUN },
    { message: 'request failed', requestId: 'request-1', apiRequestId: 'api-1', route: event.routeKey, run: RUN },
  ]);
  expect(JSON.stringify(lines)).not.toContain('somebody');
});

test('a request without path parameters, which some gateways send as null, is handled', async () => {
  const handler = httpHandler({ ...nothing, handle: failing });
  const event = { routeKey: 'POST /v1/batch', requestContext: {}, pathParameters: null } as unknown as HttpEvent;
  expect(await written(() => handler(event, CONTEXT))).toMatchObject([
    { message: 'at work', route: 'POST /v1/batch' },
    { message: 'request failed' },
  ]);
});
