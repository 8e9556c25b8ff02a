import { kindOf } from '../channels/registry.ts';
import { type EpochMs, hashId, type MessageId } from '../ids.ts';
import { hasInterest, type Message } from '../messages/message.ts';
import { dimensionsOf, isCounted, isOfOccurrence, runOf } from '../messages/source.ts';
import { isSameStanding, type Move, type Standing } from '../messages/standing.ts';
import type { MetricEvent } from './metric-event.ts';
import { sentAtOf } from './sent-at.ts';

type Counted = Pick<Message, 'source' | 'channel' | 'template'> &
  Partial<Pick<Message, 'id' | 'profile' | 'request' | 'history' | 'generations' | 'links'>>;

const OF_LINKS = new Set(['sent', 'clicked']);
/** Apps report clicks by themselves, whatever a message links to. */
const isUnlinked = ({ channel, links = [] }: Counted): boolean =>
  channel !== undefined && kindOf(channel).receipts !== 'app' && links.length === 0;

const INTEREST = new Set(['opened', 'clicked']);

type MessageChange = Pick<
  MetricEvent,
  'metric' | 'standing' | 'detail' | 'machine' | 'recordedAt' | 'audience' | 'localHour' | 'cost'
>;

/** The event, or none about a test of a template. `sentAt`: where the message's history does not say it yet. */
export function messageMetricEvents(
  message: Counted,
  change: MessageChange,
  at: EpochMs,
  sentAt: EpochMs | undefined = sentAtOf(message.history ?? []),
): MetricEvent[] {
  const { id, profile, source, channel, template, history = [], generations } = message;
  if (!isCounted(source)) return [];
  const run = runOf(source);
  const dimensions = {
    ...dimensionsOf(source),
    ...(channel === undefined ? {} : { channel }),
    template: template.id,
  };
  return [
    {
      ...(id === undefined || MOVES.has(change.metric) ? {} : { id: factIdOf(id, message, change, at) }),
      at,
      ...(sentAt === undefined ? {} : { sentAt }),
      of: 'message',
      ...change,
      ...(INTEREST.has(change.metric) ? { interest: hasInterest({ history }) ? 'again' : 'first' } : {}),
      ...(OF_LINKS.has(change.metric) && isUnlinked(message) ? { unlinked: true } : {}),
      ...(generations === undefined ? {} : { generations }),
      dimensions,
      ...(profile === undefined ? {} : { profile }),
      ...(id === undefined ? {} : { message: id }),
      ...(run === undefined ? {} : { run }),
    },
  ];
}

/** One change of a message's row has one id, whoever publishes it. */
const factIdOf = (
  id: MessageId,
  { channel, request }: Counted,
  { metric, detail, machine }: MessageChange,
  at: EpochMs,
): string => hashId('fact', id, metric, detail ?? '', channel ?? '', machine ? 1 : 0, at, request?.resend ?? '');

/** Changes of the state in which a message counts: in the scopes of campaigns, and, where reports show them, in cells. */
export const MOVES: ReadonlySet<string> = new Set(['deferred', 'held', 'unknown', 'settled', 'left']);

/**
 * Returns the events that move a campaign's message among the counts of its occurrence: `left` with what it counted as, and what it counts as now.
 * That it was sent, suppressed or failed has an event of its own; a receipt settles what was unknown. Other messages have events only if they are or
 * were unknown. The writer that has changed the row publishes them.
 */
export function moveEvents(message: Counted, { from, to }: Move, at: EpochMs): MetricEvent[] {
  const isOfUnknown = from?.as === 'unknown' || to?.as === 'unknown';
  if (isSameStanding(from, to) || !(isOfOccurrence(message.source) || isOfUnknown)) return [];
  const entered = to?.as === 'sent' ? 'settled' : to?.as;
  return [
    ...(from === undefined ? [] : messageMetricEvents(message, { metric: 'left', ...leftOf(from) }, at)),
    ...(entered !== undefined && MOVES.has(entered) ? messageMetricEvents(message, { metric: entered }, at) : []),
  ];
}

const leftOf = ({ as, reason }: Standing): Pick<MetricEvent, 'standing' | 'detail'> => ({
  standing: as,
  ...(reason === undefined ? {} : { detail: reason }),
});
