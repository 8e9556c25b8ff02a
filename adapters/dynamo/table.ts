import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
  type UpdateCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { batchGet } from './batch-get.ts';
import { type Change, conditionOf, type Expression, queryOf, updateOf } from './expressions.ts';
import type { Item, Key } from './item.ts';

/** How a query is made; without `consistent` it may miss what was written a moment ago. */
export interface QueryOptions {
  index?: string;
  filter?: Expression | undefined;
  limit?: number | undefined;
  /** The key of the last item that was read. */
  after?: Item | undefined;
  newestFirst?: boolean | undefined;
  consistent?: boolean;
}

/** Keys of one call. */
const MAX_KEYS = 100;

export type Table = ReturnType<typeof tableOf>;

/** The requests that stores make of one table. A condition that is not met throws: see `conditional-write.ts`. */
export const tableOf = (client: DynamoDBDocumentClient, name: string) => ({
  ...readsOf(client, name),
  ...writesOf(client, name),
  ...queriesOf(client, name),
});

function readsOf(client: DynamoDBDocumentClient, name: string) {
  return {
    /** Strongly consistent. */
    async get(key: Key): Promise<Item | undefined> {
      const { Item } = await client.send(new GetCommand({ TableName: name, Key: key, ConsistentRead: true }));
      return Item;
    },

    /** Eventually consistent: for half the price it may miss what was written a moment ago. */
    async getEventual(key: Key): Promise<Item | undefined> {
      const { Item } = await client.send(new GetCommand({ TableName: name, Key: key }));
      return Item;
    },

    /** Those that there are, strongly consistent and in no order; so many keys a call. */
    getAll: (keys: readonly Key[], batch = MAX_KEYS): Promise<Item[]> => getInBatches(client, name, { keys, batch }),

    /** The same, eventually consistent. */
    getAllEventual: (keys: readonly Key[]): Promise<Item[]> =>
      getInBatches(client, name, { keys, batch: MAX_KEYS, isConsistent: false }),
  };
}

async function getInBatches(
  client: DynamoDBDocumentClient,
  name: string,
  { keys, batch, isConsistent = true }: { keys: readonly Key[]; batch: number; isConsistent?: boolean },
): Promise<Item[]> {
  const found: Item[] = [];
  for (let from = 0; from < keys.length; from += batch) {
    const { [name]: items = [] } = await batchGet(client, { [name]: keys.slice(from, from + batch) }, isConsistent);
    found.push(...items);
  }
  return found;
}

function writesOf(client: DynamoDBDocumentClient, name: string) {
  return {
    async put(item: Item, when?: Expression): Promise<void> {
      await client.send(new PutCommand({ TableName: name, Item: item, ...(when && conditionOf(when)) }));
    },

    /** Puts it without a condition, and answers what lay there before. */
    async replace(item: Item): Promise<Item | undefined> {
      const { Attributes } = await client.send(
        new PutCommand({ TableName: name, Item: item, ReturnValues: 'ALL_OLD' }),
      );
      return Attributes;
    },

    /** Answers the attributes that `answer` asks for. */
    async update(key: Key, change: Change, answer?: UpdateCommandInput['ReturnValues']): Promise<Item | undefined> {
      const { Attributes } = await client.send(
        new UpdateCommand({
          TableName: name,
          Key: key,
          ...updateOf(change),
          ...(answer === undefined ? {} : { ReturnValues: answer }),
        }),
      );
      return Attributes;
    },

    async delete(key: Key, when?: Expression): Promise<void> {
      await client.send(new DeleteCommand({ TableName: name, Key: key, ...(when && conditionOf(when)) }));
    },
  };
}

function queriesOf(client: DynamoDBDocumentClient, name: string) {
  return {
    async query(key: Expression, options: QueryOptions = {}): Promise<{ items: Item[]; next: Item | undefined }> {
      const { index, filter, limit, after, newestFirst, consistent } = options;
      const { Items = [], LastEvaluatedKey } = await client.send(
        new QueryCommand({
          TableName: name,
          ...queryOf(key, filter),
          ...(index === undefined ? {} : { IndexName: index }),
          ...(limit === undefined ? {} : { Limit: limit }),
          ...(after === undefined ? {} : { ExclusiveStartKey: after }),
          ...(newestFirst ? { ScanIndexForward: false } : {}),
          ...(consistent ? { ConsistentRead: true } : {}),
        }),
      );
      return { items: Items, next: LastEvaluatedKey };
    },

    /** A number of items, page by page. */
    async count(key: Expression, index: string): Promise<number> {
      let count = 0;
      let cursor: Item | undefined;
      do {
        const { Count = 0, LastEvaluatedKey } = await client.send(
          new QueryCommand({
            TableName: name,
            IndexName: index,
            ...queryOf(key),
            Select: 'COUNT',
            ...(cursor === undefined ? {} : { ExclusiveStartKey: cursor }),
          }),
        );
        count += Count;
        cursor = LastEvaluatedKey;
      } while (cursor !== undefined);
      return count;
    },
  };
}
