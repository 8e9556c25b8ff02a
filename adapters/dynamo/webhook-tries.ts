import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { compress, decompress } from '../../core/compression.ts';
import type { WebhookTries } from '../../engine/runs/ports.ts';
import { reservations } from './reservations.ts';

/** Tries of webhooks, beside their runs. An answer is compressed, because JSON allows numbers and depths that an item does not. */
export function webhookTries(client: DynamoDBDocumentClient, table: string): WebhookTries {
  const { decideOnce } = reservations(client, table);
  return {
    async makeOnce({ entry, id, attempt }, terms, make) {
      const key = { pk: `RUN#${entry}`, sk: `WEBHOOK#${id}#${attempt}` };
      const made = await decideOnce(key, terms, async () => {
        const { answer, latencyMs, at } = await make();
        return { value: { answer: compress(answer), latencyMs, at } };
      });
      return { ...made, answer: decompress(made.answer) };
    },
  };
}
