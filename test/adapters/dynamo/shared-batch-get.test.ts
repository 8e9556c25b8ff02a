import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { BatchGetCommand, type BatchGetCommandInput, DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, it } from 'vitest';
import { sharedBatchGet } from '../../../adapters/dynamo/shared-batch-get.ts';

// One client, not the class: files share their modules.
const documents = DynamoDBDocumentClient.from(new DynamoDBClient({ region: 'us-east-1' }));
const client = mockClient(documents);
const key = (name: string) => ({ pk: name, sk: '#RECORD' });
const there = (name: string) => ({ ...key(name), status: 'bad' });

const answer = ({ RequestItems = {} }: BatchGetCommandInput) => ({
  Responses: Object.fromEntries(
    Object.entries(RequestItems).map(([table, { Keys = [] }]) => [
      table,
      Keys.flatMap(({ pk }) => (pk === 'nobody' ? [] : [there(String(pk))])),
    ]),
  ),
});

beforeEach(() => {
  client.reset();
  client.on(BatchGetCommand).callsFake(answer);
});

/** Names of each call. */
const calls = () =>
  client
    .commandCalls(BatchGetCommand)
    .map(({ args }) =>
      Object.entries(args[0].input.RequestItems ?? {}).map(
        ([table, { Keys = [], ConsistentRead }]) =>
          `${table}: ${Keys.map(({ pk }) => pk).join(' ')}${ConsistentRead ? '' : ' (eventual)'}`,
      ),
    );

it('reads for who asks alone at once, and for all that come meanwhile together, each key once', async () => {
  const read = sharedBatchGet(documents);
  const asked: Parameters<typeof read>[0][] = [
    { x: [key('a')] },
    { x: [key('b')], y: [key('c')] },
    { x: [key('b'), key('nobody')], y: [] },
  ];
  expect(await Promise.all(asked.map(read))).toEqual([
    { x: [there('a')] },
    { x: [there('b')], y: [there('c')] },
    { x: [there('b')], y: [] },
  ]);
  expect(calls()).toEqual([['x: a'], ['x: b nobody', 'y: c']]);
  expect(await read({ x: [key('a')] })).toEqual({ x: [there('a')] });
  expect(calls()).toHaveLength(3);
});

it('reads up to 100 items a call', async () => {
  const read = sharedBatchGet(documents);
  const keysOf = (who: number) => Array.from({ length: 40 }, (_, index) => key(`${who}-${index}`));
  const found = await Promise.all([0, 1, 2, 3].map((who) => read({ x: keysOf(who) })));
  expect(found.map(({ x }) => x?.length)).toEqual([40, 40, 40, 40]);
  expect(calls().map(([one = '']) => one.split(' ').length - 1)).toEqual([40, 80, 40]);
});

it('fails for those it has read for, and goes on for the others', async () => {
  client.on(BatchGetCommand).rejectsOnce(new Error('throttled')).callsFake(answer);
  const read = sharedBatchGet(documents);
  const asked = await Promise.allSettled([read({ x: [key('a')] }), read({ x: [key('b')] })]);
  expect(asked).toMatchObject([{ status: 'rejected' }, { status: 'fulfilled', value: { x: [there('b')] } }]);
  expect(await read({})).toEqual({});
});
