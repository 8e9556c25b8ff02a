import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { inParallel } from './parallel.ts';

/** Names kept in memory, so that each is put once an instance; beyond it all are forgotten. */
const MOST_KEPT = 5_000;
const ABREAST = 10;

export type EventNames = ReturnType<typeof eventNames>;

/** Every name that an event ever had: `event-names` / `<name>`. */
export function eventNames(client: DynamoDBDocumentClient, table: string) {
  const kept = new Set<string>();
  const keyOf = (name: string) => ({ pk: 'event-names', sk: name });

  return {
    /** Writes down those that this instance has not met. */
    async note(names: readonly string[]): Promise<void> {
      const fresh = [...new Set(names)].filter((name) => !kept.has(name));
      await inParallel(ABREAST, fresh, async (name) => {
        await client.send(new PutCommand({ TableName: table, Item: keyOf(name) }));
        if (kept.size >= MOST_KEPT) kept.clear();
        kept.add(name);
      });
    },

    async has(name: string): Promise<boolean> {
      const { Item } = await client.send(new GetCommand({ TableName: table, Key: keyOf(name), ConsistentRead: true }));
      return Item !== undefined;
    },
  };
}
