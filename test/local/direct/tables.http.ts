import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildAssembly } from '../../../local/assembly.ts';
import { caller } from '../../../local/direct/calls.ts';
import { directClients } from '../../../local/direct/clients.ts';
import { startTables } from '../../../local/tables.ts';
import { type Case, credentials, documents, none, plain, seen } from './both-ways.ts';

describe('a call of DynamoDB', () => {
  const table = 'cairn-runs';
  const key = { pk: 'a', sk: '#' };
  const put =
    (item: object, more: object = {}) =>
    (client: DynamoDBDocumentClient) =>
      client.send(new PutCommand({ TableName: table, Item: { ...key, ...item }, ...more }));
  const get = (client: DynamoDBDocumentClient) =>
    client.send(new GetCommand({ TableName: table, Key: key, ConsistentRead: true }));
  const update = (input: object) => (client: DynamoDBDocumentClient) =>
    client.send(new UpdateCommand({ TableName: table, Key: key, ...input }));
  const many = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ pk: 'many', sk: String(index).padStart(3, '0') }));
  /** Items that are there are answered in no order. */
  const absent = (count: number) => many(count).map(({ sk }) => ({ pk: 'absent', sk }));
  const query = (input: object) => (client: DynamoDBDocumentClient) =>
    client.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': 'many' },
        ...input,
      }),
    );

  const cases: Case<DynamoDBDocumentClient>[] = [
    ['writes and reads', put({ status: 'open', leg: 2, by: undefined, list: [1, { deep: null }] }), get],
    [
      'reads what is not there',
      (client) => client.send(new GetCommand({ TableName: table, Key: { pk: 'no', sk: '#' } })),
    ],
    ['bytes', put({ bytes: Buffer.from('Zürich'), sets: new Set(['x', 'y']), bits: new Uint8Array([0, 255]) }), get],
    ['texts of every plane', put({ text: '你好 👋 \u0000 " \\' }), get],
    [
      'a condition that holds',
      put({ status: 'open' }, { ConditionExpression: 'attribute_exists(pk)', ReturnValues: 'ALL_OLD' }),
    ],
    ['a condition that does not', put({}, { ConditionExpression: 'attribute_not_exists(pk)' })],
    [
      'updates',
      put({ leg: 1 }),
      update({
        UpdateExpression: 'SET leg = leg + :one',
        ExpressionAttributeValues: { ':one': 1 },
        ReturnValues: 'ALL_NEW',
      }),
      update({
        UpdateExpression: 'SET leg = :x',
        ConditionExpression: 'leg = :x',
        ExpressionAttributeValues: { ':x': 9 },
      }),
      update({ UpdateExpression: 'SET leg =' }),
      update({ UpdateExpression: 'SET leg = :x' }),
    ],
    [
      'deletes',
      (client) => client.send(new DeleteCommand({ TableName: table, Key: key, ReturnValues: 'ALL_OLD' })),
      get,
    ],
    [
      'batches and pages',
      (client) =>
        client.send(
          new BatchWriteCommand({ RequestItems: { [table]: many(25).map((Item) => ({ PutRequest: { Item } })) } }),
        ),
      (client) =>
        client.send(new BatchGetCommand({ RequestItems: { [table]: { Keys: [...many(1), { pk: 'no', sk: 'x' }] } } })),
      query({ Limit: 4, ReturnConsumedCapacity: 'TOTAL' }),
      query({ ExclusiveStartKey: many(20).at(-1), ScanIndexForward: true }),
      query({ IndexName: 'no-such-index' }),
      query({ KeyConditionExpression: 'sk = :pk' }),
      (client) =>
        client.send(
          new ScanCommand({
            TableName: table,
            FilterExpression: 'pk = :no',
            ExpressionAttributeValues: { ':no': 'no' },
          }),
        ),
    ],
    [
      'too many of a batch',
      (client) =>
        client.send(
          new BatchWriteCommand({ RequestItems: { [table]: many(26).map((Item) => ({ PutRequest: { Item } })) } }),
        ),
    ],
    ['an item of more than 400 KB', put({ long: 'x'.repeat(410_000) })],
    ['a key without its sort key', (client) => client.send(new GetCommand({ TableName: table, Key: { pk: 'a' } }))],
    ['a key of another type', (client) => client.send(new GetCommand({ TableName: table, Key: { pk: 1, sk: '#' } }))],
    ['a table that is not there', (client) => client.send(new GetCommand({ TableName: 'cairn-none', Key: key }))],
    ['an empty set', put({ sets: new Set() })],
    ['an empty text, bytes, list and map', put({ text: '', bytes: new Uint8Array(), list: [], map: {} }), get],
    ['a view on a larger buffer', put({ bytes: new Uint8Array([1, 2, 3]).subarray(1, 2) }), get],
    [
      'bytes within lists and conditions',
      put({ list: [{ bytes: Buffer.from('a'), sets: new Set([Buffer.from('b')]) }], bytes: Buffer.from('a') }),
      update({
        UpdateExpression: 'SET list[0].bytes = :b',
        ConditionExpression: 'bytes = :a',
        ExpressionAttributeValues: { ':a': Buffer.from('a'), ':b': Buffer.from([255, 0]) },
        ReturnValues: 'ALL_NEW',
      }),
    ],
    [
      'numbers beyond those that are exact',
      put({ many: 123456789012345678901234567890n }),
      update({
        UpdateExpression: 'SET many = many + :one',
        ConditionExpression: 'many > :one',
        ExpressionAttributeValues: { ':one': 1 },
        ReturnValues: 'UPDATED_NEW',
      }),
      put({ many: 1234567890123456789012345678901234567890n }),
      put({ few: 1e-120, sum: 0.1 + 0.2 }),
      get,
    ],
    ['a lone surrogate', put({ text: 'a\ud800' }), get],
    [
      'a refusal that is to say what was there',
      put({}, { ConditionExpression: 'attribute_not_exists(pk)', ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }),
    ],
    [
      'paths that overlap, or lead nowhere',
      update({ UpdateExpression: 'REMOVE a, a.b' }),
      update({ UpdateExpression: 'REMOVE no.a' }),
    ],
    ['a reserved word', update({ UpdateExpression: 'REMOVE name' })],
    [
      'keys twice in a batch',
      (client) =>
        client.send(
          new BatchWriteCommand({
            RequestItems: { [table]: [...many(1), ...many(1)].map((Item) => ({ PutRequest: { Item } })) },
          }),
        ),
      (client) => client.send(new BatchGetCommand({ RequestItems: { [table]: { Keys: [...many(1), ...many(1)] } } })),
    ],
    [
      'a batch of a hundred keys, and of one more',
      (client) => client.send(new BatchGetCommand({ RequestItems: { [table]: { Keys: absent(100) } } })),
      (client) => client.send(new BatchGetCommand({ RequestItems: { [table]: { Keys: absent(101) } } })),
      (client) => client.send(new BatchGetCommand({ RequestItems: {} })),
    ],
    [
      'pages of 1 MB',
      ...many(4).map(
        ({ sk }) =>
          (client: DynamoDBDocumentClient) =>
            client.send(new PutCommand({ TableName: table, Item: { pk: 'large', sk, text: 'x'.repeat(300_000) } })),
      ),
      ...[{}, { ScanIndexForward: false, Select: 'COUNT' }, { Limit: 0 }].map((more) =>
        query({ ExpressionAttributeValues: { ':pk': 'large' }, ...more }),
      ),
    ],
    [
      'an operation that is not served',
      (client) =>
        client.send(new TransactWriteCommand({ TransactItems: [{ Put: { TableName: table, Item: { ...key } } }] })),
    ],
    [
      'one condition by several at once',
      async (client) => {
        const one = () => put({ pk: 'race' }, { ConditionExpression: 'attribute_not_exists(pk)' })(client);
        const all = await Promise.allSettled([one(), one(), one()]);
        return { done: all.filter(({ status }) => status === 'fulfilled').length };
      },
    ],
  ];

  let wired: DynamoDBDocumentClient;
  let direct: DynamoDBDocumentClient;
  const stops: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    const template = await buildAssembly();
    const [one, other] = await Promise.all([0, 1].map(() => startTables(template, { credentials, onBroken: none })));
    if (one === undefined || other === undefined) throw new Error('not started');
    stops.push(one.stop, other.stop);
    wired = documents(new DynamoDBClient({ ...plain, endpoint: one.url }));
    const port = other.connect();
    if (port === undefined) throw new Error('not served directly');
    // An endpoint that leads nowhere: nothing may take the wire.
    const client = new DynamoDBClient({ ...plain, endpoint: 'http://127.0.0.1:1' });
    directClients({ asks: { dynamodb: caller(port) } })(client, 5_000);
    direct = documents(client);
  });
  afterAll(() => Promise.all(stops.map((stop) => stop())));

  it.each(cases)('is answered alike by both ways: %s', async (_name, ...calls) => {
    for (const call of calls) expect(await seen(call(direct))).toEqual(await seen(call(wired)));
  });

  // By HTTP, where dynalite joins the body chunk by chunk, the same takes seconds.
  it('is refused as by the server where the request is larger than 16 MB', async () => {
    const answer = await seen(put({ long: 'x'.repeat(17 * 1024 * 1024) })(direct));
    expect(answer).toMatchObject({ $metadata: { httpStatusCode: 413, attempts: 1 } });
  });
});
