import { messageStore } from '../../adapters/dynamo/messages.ts';
import type { AudienceLine } from '../../core/campaigns/audience-line.ts';
import { isInSample } from '../../core/campaigns/draws.ts';
import { dueInstants } from '../../core/campaigns/due-instants.ts';
import { isActive, type Occurrence } from '../../core/campaigns/occurrence.ts';
import { nextOccurrence } from '../../core/campaigns/occurrence-times.ts';
import { addressesOn } from '../../core/channels/registry.ts';
import { type EpochMs, messageIdOfRecipient } from '../../core/ids.ts';
import type { Message } from '../../core/messages/message.ts';
import type { AudiencePage, Shared } from '../../engine/campaigns/ports.ts';
import { type Observer, occurrencesOf } from './campaign-observer.ts';
import { CAMPAIGN, type CampaignHistory } from './random-campaigns.ts';
import type { Sim } from './simulation.ts';
import type { HandedOver } from './simulation-state.ts';
import { TABLES } from './tables.ts';

/** After a pause or a cancel was answered, messages may leave for this long. */
const FELT_MS = 5_000;
/** Everybody's local time, windows and validity are over. */
const OVER_MS = 60 * 3_600_000;
const LATE_MS = 6 * 3_600_000;
/** A message whose function dies comes again after six times its timeout. */
const DELAYED_MS = 10 * 60_000;
const ENDED = new Set(['sent', 'suppressed', 'failed', 'unknown']);

/** What is never allowed at the end of a history of a campaign. */
export async function campaignFaults(sim: Sim, history: CampaignHistory, observer: Observer): Promise<string[]> {
  const occurrences = await occurrencesOf(sim);
  const ids = (await sim.tables.all(TABLES.messages)).map(({ sk }) => String(sk));
  const rows = await messageStore(sim.tables.client, TABLES.messages).getAll(ids);
  const found = await Promise.all(occurrences.map((one) => faultsOf(sim, history, one, rows)));
  return [
    ...found.flat(),
    ...againstTheirWill(sim),
    ...afterStops(sim, observer.pauses),
    ...(await leftBehind(sim, occurrences)),
    ...(await serial(sim, history, occurrences, observer.archivedAt)),
  ];
}

interface Audience {
  lines: Map<string, AudienceLine>;
  recipients: AudienceLine[];
}

function audienceOf(sim: Sim, { campaign, id }: Occurrence): Audience {
  const of = (part: string) =>
    [...sim.objects].filter(([key]) => key.startsWith(`${campaign}/${id}/${part}`)).map(([, body]) => JSON.parse(body));
  const lines = new Map<string, AudienceLine>();
  for (const line of (of('pages/') as AudiencePage[]).flatMap(({ lines: own }) => own))
    if (!lines.has(line.p)) lines.set(line.p, line);
  const [shared = { duplicates: [], without: {} }] = of('shared') as Shared[];
  const left = new Set(shared.duplicates);
  return { lines, recipients: [...lines.values()].filter(({ p, g }) => g === undefined && !left.has(p)) };
}

async function faultsOf(
  sim: Sim,
  history: CampaignHistory,
  one: Occurrence,
  rows: Map<string, Message>,
): Promise<string[]> {
  const { campaign, id, at, counts, status, stage, reason } = one;
  // The newest of a series may be under way.
  const isOver = at < sim.now - OVER_MS;
  const named = (fault: string) => `${id} (${status}, ${stage}): ${fault}`;
  if (counts === undefined)
    return !isOver || status === 'cancelled' || (status === 'done' && reason === undefined)
      ? []
      : [named('was never frozen')];
  const { recipients } = audienceOf(sim, one);
  const faults: string[] = [];
  if (recipients.length !== counts.recipients)
    faults.push(`it has ${recipients.length} recipients, and counts ${counts.recipients}`);
  if (isOver && (status === 'collecting' || status === 'running')) faults.push('it has not ended');
  if (isOver && status === 'resting' && stage !== 'pilot') faults.push('its winner was not found');
  const own = [...rows.values()].filter(({ source }) => source.kind === 'campaign' && source.occurrence === id);
  const handed = sim.outbox.filter(({ request: { source } }) => source.kind === 'campaign' && source.occurrence === id);
  const expected = new Map(
    recipients.map((line) => [messageIdOfRecipient({ campaign, occurrence: id, at }, line.p), line]),
  );
  for (const row of own) {
    if (!expected.has(row.id)) faults.push(`${row.profile} is no recipient, and has a ${row.state} row`);
    if (isOver && !ENDED.has(row.state)) faults.push(`${row.id} is ${row.state} at the end`);
  }
  for (const [message, line] of expected) {
    const row = rows.get(message);
    const isAsked = asksFor(history, one, line);
    if (isOver && row === undefined && isAsked && status !== 'cancelled') faults.push(`${line.p} is lost`);
    if (row !== undefined && !isAsked) faults.push(`${line.p} is not of the pilot, and has a ${row.state} row`);
    const times = handed.filter((other) => other.message === message).length;
    if (times > 1) faults.push(`${message} was accepted ${times} times`);
    if (row?.state === 'sent' && times !== 1) faults.push(`${message} is sent, and was accepted ${times} times`);
    if (isOver && row !== undefined && row.state !== 'sent' && row.state !== 'unknown' && times > 0)
      faults.push(`${message} is ${row.state} ${row.reason}, and was accepted`);
    if (row !== undefined) faults.push(...wrongVariant(history, one, line, row), ...early(sim, one, line, row));
  }
  faults.push(...addressedTwice(handed), ...tooFast(sim, history, one));
  return faults.map(named);
}

/** A pilot that nobody said `continue` to has its own alone. */
const asksFor = (
  _history: CampaignHistory,
  { status, stage, pilotUpTo = -1 }: Occurrence,
  { r }: AudienceLine,
): boolean => stage !== 'pilot' || (status !== 'resting' && status !== 'cancelled') || r <= pilotUpTo;

function wrongVariant(
  { campaign }: CampaignHistory,
  one: Occurrence,
  line: AudienceLine,
  { source }: Message,
): string[] {
  if (source.kind !== 'campaign') return [];
  const own = campaign.variants?.[line.v ?? -1];
  const isOfRest =
    campaign.winner !== undefined && own?.if === undefined && !isInSample(one.campaign, line.p, campaign.winner.sample);
  const due = isOfRest ? one.winner?.name : own?.name;
  return source.variant === due ? [] : [`${line.p} got ${source.variant} instead of ${due}`];
}

/** Nobody gets it before their own time. */
function early(sim: Sim, one: Occurrence, line: AudienceLine, row: Message): string[] {
  const { instant, due } = dueInstants(one).find(({ instant: other }) => other === (line.at ?? one.at)) ?? {};
  if (instant === undefined || due === undefined) return [`${line.p} has no instant`];
  const first = sim.handedOver.find(({ message }) => message === row.id);
  const isOfSample =
    one.stage === 'rest' && one.winner !== undefined && first !== undefined && first.judgedAt < one.winner.at;
  return first !== undefined && first.judgedAt < (isOfSample ? instant : instant) ? [`${line.p} got it too early`] : [];
}

/** In no time more go to the senders than the throttle says, but for what two seconds had left, and one at each resume. */
function tooFast(sim: Sim, { campaign: { throttle } }: CampaignHistory, { id, epoch }: Occurrence): string[] {
  if (throttle === undefined) return [];
  const { perMinute } = throttle;
  const mostIn = (seconds: number) => (perMinute * seconds) / 60 + Math.max(1, perMinute / 30) + epoch;
  const times = [...sim.requestedAt].flatMap(([message, at]) => {
    const source = sim.requested.get(message)?.source;
    return source?.kind === 'campaign' && source.occurrence === id ? [at] : [];
  });
  return [10, 60].flatMap((seconds) => {
    const counts = times.map((at) => times.filter((other) => other >= at && other < at + seconds * 1_000).length);
    const count = Math.max(0, ...counts);
    return count > mostIn(seconds) ? [`${count} of it went in ${seconds} s`] : [];
  });
}

function addressedTwice(handed: HandedOver[]): string[] {
  const addresses = handed.flatMap(({ channel, profile }) =>
    addressesOn(profile?.addresses ?? {}, channel).map(({ value }) => `${channel} ${value}`),
  );
  return addresses.filter((one, at) => addresses.indexOf(one) !== at).map((one) => `${one} got it twice`);
}

const againstTheirWill = ({ handedOver }: Sim): string[] =>
  handedOver.flatMap(({ message, forbidden }) =>
    forbidden === undefined ? [] : [`${message} is handed over, and its customer ${forbidden}`],
  );

/** Nothing leaves later than 5 s after a pause is live, or a cancel was answered. */
function afterStops({ answered, handedOver }: Sim, pauses: Observer['pauses']): string[] {
  const cancels = answered.flatMap(({ path, at }) => {
    const [, , , , verb, occurrence] = path.split('/');
    return verb === 'cancel' || verb === 'archive'
      ? [{ what: path, from: at, until: Number.POSITIVE_INFINITY, occurrence }]
      : [];
  });
  const stops = [...cancels, ...pauses.map((pause) => ({ ...pause, what: 'the pause', occurrence: '' }))];
  return stops.flatMap(({ what, from, until, occurrence }) =>
    handedOver.flatMap(({ message, judgedAt, request: { source } }) =>
      judgedAt > from + FELT_MS &&
      judgedAt < until &&
      source.kind === 'campaign' &&
      (occurrence === '' || source.occurrence === occurrence)
        ? [`${message} left ${(judgedAt - from) / 1_000} s after ${what}`]
        : [],
    ),
  );
}

/** No wake and no tick of what has ended is left, and none is late. */
async function leftBehind(sim: Sim, occurrences: Occurrence[]): Promise<string[]> {
  // SQS may deliver a message again hours later.
  const isEnded = (one: Occurrence) => !isActive(one) && (one.endedAt ?? one.at) < sim.now - LATE_MS;
  const ended = new Set(occurrences.filter(isEnded).map(({ id }) => id));
  const wakes = (await sim.tables.all(TABLES.catalog)).filter(({ pk, kind }) => pk === 'wake' && kind === 'campaign');
  const bodies = [...wakes.map(({ body }) => body), ...sim.tasksOf('campaigns').map(({ body }) => body)];
  const late = wakes.filter(({ at }) => Number(at) < sim.now - 20 * 60_000);
  return [
    ...bodies.flatMap((body) => {
      const { tick, decide } = body as { tick?: { id: string }; decide?: { id: string } };
      const id = tick?.id ?? decide?.id;
      return id !== undefined && ended.has(id) ? [`${JSON.stringify(body)} is left behind`] : [];
    }),
    ...late.map(({ id, at }) => `wake ${id} of ${new Date(Number(at)).toISOString()} was not done`),
  ];
}

/** Each time of a series has its occurrence, and the next one its wake, until the campaign is cancelled for good. */
async function serial(
  sim: Sim,
  { campaign }: CampaignHistory,
  occurrences: Occurrence[],
  cancelled: EpochMs | undefined,
): Promise<string[]> {
  const { at } = campaign;
  const items = await sim.tables.all(TABLES.catalog);
  const armedAt = items.find(({ pk, sk }) => pk === `occurrences#${CAMPAIGN}` && sk === 'ARMED')?.at;
  const late = occurrences.filter(
    (one) => cancelled !== undefined && one.at > cancelled + FELT_MS && one.status !== 'cancelled',
  );
  const faults = late.map((one) => `${one.id} began after its campaign was cancelled`);
  if (typeof at === 'string' || armedAt === undefined) return faults;
  // What a death delays for minutes, a cancel may forestall.
  const end = cancelled === undefined ? sim.now : cancelled - DELAYED_MS;
  let next = nextOccurrence(at, Number(armedAt) - 1);
  for (; next !== undefined && next.at < end - FELT_MS; next = nextOccurrence(at, next.at)) {
    const due = next.at;
    if (!occurrences.some((one) => one.at === due)) faults.push(`nothing began at ${new Date(due).toISOString()}`);
  }
  // One that is due at the end may have begun.
  if (occurrences.some((one) => one.at === next?.at)) next = nextOccurrence(at, next?.at ?? end);
  const isAwaited = [...items.map(({ body }) => body), ...sim.tasksOf('campaigns').map(({ body }) => body)].some(
    (body) => (body as { start?: { at: number } } | undefined)?.start?.at === next?.at,
  );
  if (next !== undefined && cancelled === undefined && !isAwaited) faults.push('the series ends');
  return faults;
}
