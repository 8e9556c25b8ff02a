import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { WebhookLog, WebhookLogEntry } from '../../engine/runs/ports.ts';
import { expression } from './expressions.ts';
import { tableOf } from './table.ts';

const TTL_SECONDS = 30 * 24 * 3600;

/** In Runs: `WEBHOOKS#<journey>#<node>` / `<13-digit ms>#<webhook-id>#<try>`, for 30 days. */
export function webhookLog(client: DynamoDBDocumentClient, table: string): WebhookLog {
  const attempts = tableOf(client, table);
  const partition = (journey: string, node: string) => `WEBHOOKS#${journey}#${node}`;

  return {
    async put(entry: WebhookLogEntry): Promise<void> {
      const { journey, node, webhook, attempt, at } = entry;
      const sk = `${String(at).padStart(13, '0')}#${webhook}#${attempt}`;
      const item = { pk: partition(journey, node), sk, ...entry, ttl: Math.floor(at / 1000) + TTL_SECONDS };
      await attempts.put(item);
    },

    async newest(journey: string, node: string, limit: number): Promise<WebhookLogEntry[]> {
      const { items } = await attempts.query(expression`#pk = ${partition(journey, node)}`, {
        newestFirst: true,
        consistent: true,
        limit,
      });
      // `put` wrote them.
      return items.map(({ pk: _pk, sk: _sk, ttl: _ttl, ...entry }) => entry as unknown as WebhookLogEntry);
    },
  };
}
