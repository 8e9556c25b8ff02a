import type { AudienceLine } from '../../core/campaigns/audience-line.ts';
import { CHANNELS, type Channel } from '../../core/channels/registry.ts';
import type { EpochMs } from '../../core/ids.ts';
import type { SendRequest } from '../../core/messages/send-request.ts';
import { pageNamesOf } from './collect-audience.ts';
import type { AudiencePages, Progress } from './ports.ts';
import { isOfFirstStage, queueOf, requestTo, type Sending } from './recipient-request.ts';

/** Pages that one tick reads: most lines of a page may belong to another instant or stage. */
const MAX_PAGES = 20;

type Place = Pick<Progress, 'instant' | 'page' | 'line'>;

export interface Limits {
  /** How many may be handed over. */
  credit: number;
  now: EpochMs;
  isOpen: (channel: Channel) => boolean;
  /** Cost of a message, and `left`, the sum that may still be spent; undefined: there is no budget. */
  costOf: (channel: Channel) => number;
  left: number | undefined;
}

export interface Taken {
  requests: Map<Channel, SendRequest[]>;
  to: Place;
  cost: number;
  /** The next one waits for a paused channel (a pause is not to become a row for each that it holds), or would exceed the budget. */
  stop?: 'paused' | 'budget';
}

/** Takes recipients of the instant `at` from where the last tick stopped. */
export async function takeRecipients(
  { pages }: { pages: Pick<AudiencePages, 'get'> },
  sending: Sending,
  from: Place & { at: EpochMs },
  limits: Limits,
): Promise<Taken> {
  const names = pageNamesOf(sending.occurrence);
  const duplicates = new Set(sending.shared.duplicates);
  const taking = new Taking(sending, limits);
  let { page, line } = from;
  for (let read = 0; page < names.length && read < MAX_PAGES && !taking.isFull; read += 1) {
    const lines = (await pages.get(sending.occurrence, names[page] ?? '')) ?? [];
    while (line < lines.length && !taking.isFull) {
      const one = lines[line];
      if (one !== undefined && isDue(sending, one, from.at, duplicates) && !taking.add(one)) break;
      line += 1;
    }
    if (line >= lines.length) [page, line] = [page + 1, 0];
  }
  const { instant } = from;
  const to = page >= names.length ? { instant: instant + 1, page: 0, line: 0 } : { instant, page, line };
  return { ...taking.taken, to };
}

/** The recipients that one tick has taken so far. */
class Taking {
  readonly taken: Omit<Taken, 'to'> = { requests: new Map(), cost: 0 };
  private count = 0;
  private readonly sending: Sending;
  private readonly limits: Limits;

  constructor(sending: Sending, limits: Limits) {
    this.sending = sending;
    this.limits = limits;
  }

  get isFull(): boolean {
    return this.taken.stop !== undefined || this.count >= this.limits.credit;
  }

  /** Returns false for one that is left for later. */
  add(line: AudienceLine): boolean {
    const { isOpen, costOf, left, now } = this.limits;
    const channel = queueOf(line, this.sending, CHANNELS[0]);
    const cost = this.taken.cost + costOf(channel);
    if (!isOpen(channel)) this.taken.stop = 'paused';
    else if (left !== undefined && cost > left) this.taken.stop = 'budget';
    if (this.taken.stop !== undefined) return false;
    const requests = this.taken.requests.get(channel) ?? [];
    requests.push(requestTo(this.sending, line, now));
    this.taken.requests.set(channel, requests);
    this.taken.cost = cost;
    this.count += 1;
    return true;
  }
}

/** Whether a recipient is sent to at this instant, in this stage. */
function isDue(
  { occurrence, campaign }: Sending,
  line: AudienceLine,
  instant: EpochMs,
  duplicates: ReadonlySet<string>,
): boolean {
  if (line.g !== undefined || duplicates.has(line.p) || (line.at ?? occurrence.at) !== instant) return false;
  if (occurrence.stage === 'all') return true;
  const isFirst = isOfFirstStage({ occurrence, campaign }, line);
  return occurrence.stage === 'rest' ? !isFirst : isFirst;
}
