import { type DynamoDBDocumentClient, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { WebhookLog, WebhookLogEntry } from '../../engine/runs/ports.ts';

const TTL_SECONDS = 30 * 24 * 3600;

/** In Runs: `WEBHOOKS#<journey>#<node>` / `<13-digit ms>#<webhook-id>#<try>`, for 30 days. */
export function webhookLog(client: DynamoDBDocumentClient, table: string): WebhookLog {
  const partition = (journey: string, node: string) => `WEBHOOKS#${journey}#${node}`;

  return {
    async put(entry: WebhookLogEntry): Promise<void> {
      const { journey, node, webhook, attempt, at } = entry;
      const sk = `${String(at).padStart(13, '0')}#${webhook}#${attempt}`;
      const Item = { pk: partition(journey, node), sk, ...entry, ttl: Math.floor(at / 1000) + TTL_SECONDS };
      await client.send(new PutCommand({ TableName: table, Item }));
    },

    async newest(journey: string, node: string, limit: number): Promise<WebhookLogEntry[]> {
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': partition(journey, node) },
          ScanIndexForward: false,
          ConsistentRead: true,
          Limit: limit,
        }),
      );
      // `put` wrote them.
      return Items.map(({ pk: _pk, sk: _sk, ttl: _ttl, ...entry }) => entry as unknown as WebhookLogEntry);
    },
  };
}
