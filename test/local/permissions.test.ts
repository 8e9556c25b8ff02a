import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DeleteItemCommand, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { dynamo, sqs } from '../../functions/shared/aws.ts';
import { buildAssembly } from '../../local/assembly.ts';
import { guardCalls, type Permission, permissionsOf } from '../../local/permissions.ts';

let server: Server;
let all: Record<string, Permission[]>;
let caller: string | undefined;
let calls = 0;

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
  guardCalls(() => (caller === undefined ? undefined : { name: caller, permissions: all[caller] ?? [] }));
});
afterAll(() => {
  caller = undefined;
  vi.unstubAllEnvs();
  server.closeAllConnections();
  server.close();
});

const get = () =>
  dynamo().send(new GetItemCommand({ TableName: 'cairn-catalog', Key: { pk: { S: 'a' }, sk: { S: 'b' } } }));
const remove = () =>
  dynamo().send(new DeleteItemCommand({ TableName: 'cairn-catalog', Key: { pk: { S: 'a' }, sk: { S: 'b' } } }));
const enqueue = (queue: string) =>
  sqs().send(
    new SendMessageBatchCommand({
      QueueUrl: `${process.env.AWS_ENDPOINT_URL}/000000000000/${queue}`,
      Entries: [{ Id: '0', MessageBody: '{}' }],
    }),
  );

describe('a call of a function', () => {
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

  test('is not looked at where no function makes it', async () => {
    caller = undefined;
    await expect(remove()).resolves.toBeDefined();
  });
});
