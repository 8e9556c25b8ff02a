import type { SendRequest } from '../../core/messages/send-request.ts';
import type { MetricEvents } from '../metrics/ports.ts';
import type { Clock } from '../ports.ts';
import type { MessageStore } from './ports.ts';
import { publishMove } from './publish-move.ts';

/** Reopens a message at a person's request, once for each intent. It counts no longer as what it was. */
export async function reopenMessage(
  deps: { messages: Pick<MessageStore, 'reopen'>; metricEvents: MetricEvents; clock: Clock },
  { message, profile, source, template }: Pick<SendRequest, 'message' | 'profile' | 'source' | 'template'>,
  intent: string,
): Promise<void> {
  const now = deps.clock();
  const move = await deps.messages.reopen(message, intent, now);
  // The counts of a campaign are not by channel.
  if (move) await publishMove(deps, { id: message, profile, source, template }, move, now);
}
