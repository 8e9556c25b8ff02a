import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { expect, it } from 'vitest';
import { eventNames } from '../../../adapters/dynamo/event-names.ts';

it('puts each name once an instance, and knows what another has put', async () => {
  const client = DynamoDBDocumentClient.from(new DynamoDBClient({ region: 'us-east-1' }));
  const dynamo = mockClient(client);
  dynamo.on(PutCommand).resolves({});
  dynamo.on(GetCommand).resolves({});
  const known = { TableName: 'catalog', Key: { pk: 'event-names', sk: 'Looked' }, ConsistentRead: true };
  dynamo.on(GetCommand, known).resolves({ Item: known.Key });
  const names = eventNames(client, 'catalog');
  await names.note(['Looked', 'Ordered', 'Looked'], 1_000);
  await names.note(['Ordered', 'Asked'], 2_000);
  expect(dynamo.commandCalls(PutCommand).map(({ args: [{ input }] }) => input)).toEqual(
    [
      { sk: 'Looked', ttl: 34_560_001 },
      { sk: 'Ordered', ttl: 34_560_001 },
      { sk: 'Asked', ttl: 34_560_002 },
    ].map((one) => ({ TableName: 'catalog', Item: { pk: 'event-names', ...one } })),
  );
  expect(await names.has('Looked')).toBe(true);
  expect(await names.has('Lokoed')).toBe(false);
});
