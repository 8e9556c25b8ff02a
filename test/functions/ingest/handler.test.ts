import { createHash } from 'node:crypto';
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import type { Context } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { basic, QUEUE_URL, request } from './ingest-harness.ts';

const METRICS_URL = 'https://sqs.us-east-1.amazonaws.com/000000000000/metric-events';
const sqs = mockClient(SQSClient);
const dynamo = mockClient(DynamoDBDocumentClient);
const keyOf = (key: string) => ({ pk: `write-key#${createHash('sha256').update(key).digest('hex')}`, sk: 'KEY' });

beforeEach(() => {
  sqs.reset();
  dynamo.reset();
  vi.resetModules();
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('CATALOG_TABLE', 'catalog');
  vi.stubEnv('POINTER_MAX_AGE_MS', '5000');
  vi.stubEnv('EVENTS_QUEUE_URL', QUEUE_URL);
  vi.stubEnv('METRIC_EVENTS_QUEUE_URL', METRICS_URL);
  vi.stubEnv('PUBLIC_URL', 'https://events.acme.example');
  sqs.on(SendMessageBatchCommand).resolves({ Failed: [], Successful: [] });
  dynamo.on(GetCommand).resolves({});
  dynamo
    .on(GetCommand, { TableName: 'catalog', Key: keyOf('client-key') })
    .resolves({ Item: { id: 'k1', keyKind: 'client', name: 'web' } });
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

afterAll(() => {
  sqs.restore();
  dynamo.restore();
});

/** A new instance of the function, as Lambda starts it. */
const start = async () => (await import('../../../functions/ingest/handler.ts')).handler;
const invoke = async (handler: Awaited<ReturnType<typeof start>>, body: unknown, authorization: string) =>
  handler(request('/v1/track', body, { headers: { authorization } }), {} as Context);
const seen = { userId: 'ann', event: 'Seen' };

describe('the function', () => {
  it('finds the key by its hash, queues the event and answers 200', async () => {
    const answer = await invoke(await start(), seen, basic('client-key'));
    expect(answer).toEqual({
      statusCode: 200,
      headers: { 'content-type': 'application/json' },
      body: '{"success":true,"accepted":1,"rejected":[]}',
    });
    const [call] = sqs.commandCalls(SendMessageBatchCommand);
    expect(call?.args[0].input.QueueUrl).toBe(QUEUE_URL);
    const message: unknown = JSON.parse(call?.args[0].input.Entries?.[0]?.MessageBody ?? '');
    expect(message).toMatchObject({ events: [{ name: 'Seen', key: 'client' }] });
  });

  it('assigns ids that differ', async () => {
    const handler = await start();
    await invoke(handler, seen, basic('client-key'));
    await invoke(handler, seen, basic('client-key'));
    const ids = sqs.commandCalls(SendMessageBatchCommand).map(({ args }) => {
      const body = JSON.parse(args[0].input.Entries?.[0]?.MessageBody ?? '') as { events: { id: string }[] };
      return body.events[0]?.id;
    });
    expect(ids[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(ids[1]).not.toBe(ids[0]);
  });

  it('answers a problem for a key that nobody has', async () => {
    const answer = await invoke(await start(), seen, basic('other'));
    expect(answer).toMatchObject({ statusCode: 401, headers: { 'content-type': 'application/problem+json' } });
    // It is counted, and nothing else.
    expect(sqs.commandCalls(SendMessageBatchCommand).map(({ args }) => args[0].input.QueueUrl)).toEqual([METRICS_URL]);
  });

  it('answers 500 without the cause where the queue is out of reach', async () => {
    const logged = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    sqs.on(SendMessageBatchCommand).rejects(new Error('the secret cause'));
    const answer = await invoke(await start(), seen, basic('client-key'));
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain('secret');
    expect(logged.mock.calls.flat().join()).toContain('the secret cause');
  });

  it('reads its environment at the first event, not before', async () => {
    vi.stubEnv('EVENTS_QUEUE_URL', undefined);
    const logged = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const handler = await start();
    expect((await invoke(handler, seen, basic('client-key'))).statusCode).toBe(500);
    expect(logged.mock.calls.flat().join()).toContain('EVENTS_QUEUE_URL');
  });
});
