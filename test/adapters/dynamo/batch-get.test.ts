import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { BatchGetCommand, DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, it } from 'vitest';
import { batchGet } from '../../../adapters/dynamo/batch-get.ts';

// One client, not the class: files share their modules.
const documents = DynamoDBDocumentClient.from(new DynamoDBClient({ region: 'us-east-1' }));
const client = mockClient(documents);
const [one, two] = [
  { pk: 'a', sk: 'A' },
  { pk: 'b', sk: 'B' },
];
const get = (keys: Parameters<typeof batchGet>[1]) => batchGet(documents, keys);

beforeEach(() => client.reset());

it('asks again for the keys that a call has left', async () => {
  client
    .on(BatchGetCommand)
    .resolvesOnce({ Responses: { x: [one] }, UnprocessedKeys: { y: { Keys: [two] } } })
    .resolvesOnce({ Responses: { y: [two] } });
  expect(await get({ x: [one], y: [two] })).toEqual({ x: [one], y: [two] });
  expect(client.commandCalls(BatchGetCommand).map(({ args }) => args[0].input.RequestItems)).toEqual([
    { x: { Keys: [one], ConsistentRead: true }, y: { Keys: [two], ConsistentRead: true } },
    { y: { Keys: [two], ConsistentRead: true } },
  ]);
});

it('ends where a throttled table leaves them all, again and again', async () => {
  client.on(BatchGetCommand).resolves({ UnprocessedKeys: { x: { Keys: [one] } } });
  await expect(get({ x: [one] })).rejects.toThrow('x left all keys unprocessed');
  expect(client.commandCalls(BatchGetCommand)).toHaveLength(6);
});

it('asks nothing for no keys', async () => {
  expect(await get({ x: [] })).toEqual({});
  expect(client.commandCalls(BatchGetCommand)).toEqual([]);
});
