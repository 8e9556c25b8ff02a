import type { EpochMs } from '../../core/ids.ts';
import type { Message } from '../../core/messages/message.ts';
import type { Move } from '../../core/messages/standing.ts';
import { moveEvents } from '../../core/metrics/message-events.ts';
import type { MetricEvents } from '../metrics/ports.ts';

/** Publishes what a write has moved a campaign's message from and to; of other messages, only what is or was unknown. */
export async function publishMove(
  deps: { metricEvents: MetricEvents },
  message: Pick<Message, 'id' | 'profile' | 'source' | 'channel' | 'template'>,
  move: Move,
  at: EpochMs,
): Promise<void> {
  const events = moveEvents(message, move, at);
  if (events.length > 0) await deps.metricEvents.publish(events);
}
