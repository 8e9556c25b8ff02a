import type { Channel } from '../../../core/channels.ts';
import type { MessageStore } from '../adapters/messages.dynamo.ts';
import type { Queue } from '../adapters/queue.sqs.ts';

const PAGE = 100;
const MOST_PAGES = 100;

/** Hands what a channel or journey (`journey:<id>`) held back to its sender, oldest first; each passes the gate again. At most 10,000 a call. */
export async function releaseHeld(
  deps: { messages: Pick<MessageStore, 'heldBy' | 'getAll'>; senders: Record<Channel, Pick<Queue, 'send'>> },
  by: string,
): Promise<void> {
  let cursor: Record<string, unknown> | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const { ids, next } = await deps.messages.heldBy(by, { limit: PAGE, cursor });
    for (const message of (await deps.messages.getAll(ids)).values()) {
      if (message.state !== 'held') continue;
      const channel = message.channel ?? message.request.channels?.[0] ?? 'email';
      await deps.senders[channel].send([{ body: { ...message.request, released: true } }]);
    }
    if (next === undefined) return;
    cursor = next;
  }
}
