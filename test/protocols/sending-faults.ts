import { messageStore } from '../../adapters/dynamo/messages.ts';
import type { Cap } from '../../core/definitions/caps.ts';
import type { EpochMs } from '../../core/ids.ts';
import { isWaiting, type Message } from '../../core/messages/message.ts';
import type { Run } from '../../core/runs/run.ts';
import { messageItems } from './message-items.ts';
import { PROCESSED_MS, runsOf } from './outcome.ts';
import type { SendingHistory } from './random-sending.ts';
import { isMarketing } from './rules.ts';
import type { Sim } from './simulation.ts';
import type { HandedOver } from './simulation-state.ts';
import { TABLES } from './tables.ts';

/**
 * What is never allowed at the end of a history of sending, beside what `outcomeOf` finds in any history: a message that is lost or waits for nothing, or
 * was sent to one who had said no, or over a cap. It recounts by the words of `docs/sending.md`, from what providers were handed and customers said.
 */
export async function sendingFaults(sim: Sim, history: SendingHistory): Promise<string[]> {
  const rows = await rowsOf(sim);
  return [
    ...(await lost(sim, rows)),
    ...restingInVain(sim, await runsOf(sim), [...rows.values()]),
    ...goingOnLate(sim, history, await runsOf(sim), [...rows.values()]),
    ...againstTheirWill(sim, history),
    ...overCaps(sim),
  ];
}

async function rowsOf(sim: Sim): Promise<Map<string, Message>> {
  const ids = (await messageItems(sim.tables)).map(({ sk }) => String(sk));
  return messageStore(sim.tables.client, TABLES.messages).getAll(ids);
}

/** What was requested has ended, or waits for a pause that stands. `outcomeOf` looks at what is deferred. */
async function lost(sim: Sim, rows: Map<string, Message>): Promise<string[]> {
  const { channels, journeys } = sim.rules.pointer;
  const paused = new Set([...Object.keys(channels), ...Object.keys(journeys).map((id) => `journey:${id}`)]);
  const items = await messageItems(sim.tables);
  return [...sim.requested.keys()].flatMap((id) => {
    const row = rows.get(id);
    if (row === undefined) return [`${id} was requested, and has no row`];
    const by = String(items.find(({ sk }) => sk === id)?.held);
    return row.state === 'held' && !paused.has(by) ? [`${id} is held for ${by}, which is not paused`] : [];
  });
}

/** A run that is parked waits for its journey, or for a message that waits. */
const restingInVain = (sim: Sim, runs: Run[], rows: Message[]): string[] =>
  runs.flatMap(({ entry, journey, status, node }) => {
    if (status !== 'parked' || sim.rules.pointer.journeys[journey] !== undefined) return [];
    const isWaited = rows.some(
      ({ source, ...row }) => source.kind === 'journey' && source.run === entry && isWaiting(row),
    );
    return isWaited ? [] : [`${journey} is parked at ${node}, and nothing holds it`];
  });

/** Longer than queues and redeliveries take, and shorter than the look every six hours, which would hide that nobody resumed the run. */
const LATE_MS = 3 * 3_600_000;
const FINAL = new Set(['sent', 'unknown', 'suppressed', 'failed']);

/** A run goes on soon after its message has ended, unless its journey was paused or its executions are lost. */
function goingOnLate(sim: Sim, { posts }: SendingHistory, runs: Run[], rows: Message[]): string[] {
  if (sim.faultRates.abort > 0) return [];
  const paused = new Set(posts.flatMap(({ call }) => (call !== undefined && 'pause' in call ? [call.pause] : [])));
  return runs.flatMap(({ entry, journey, visits }) => {
    if (paused.has(journey)) return [];
    return rows.flatMap(({ source, history }) => {
      if (source.kind !== 'journey' || source.run !== entry) return [];
      const node = sim.rules.journeys[journey]?.definition.nodes[source.node];
      const wentOn = node?.type === 'send' ? visits[node.next]?.at : undefined;
      const ended = history.find(({ status }) => FINAL.has(status))?.at;
      const isLate = wentOn !== undefined && ended !== undefined && wentOn > ended + LATE_MS;
      return isLate
        ? [`${journey} goes on from ${source.node} ${(wentOn - ended) / 60_000} minutes after its message`]
        : [];
    });
  });
}

/** Nothing marketing is handed over to one who had said no before it was taken: by what was committed, and, after a while, by what was said. */
const againstTheirWill = (sim: Sim, { said }: SendingHistory): string[] =>
  sim.handedOver.filter(isOfMarketing).flatMap((one) => {
    const { message, channel, profile, takenAt, request, forbidden } = one;
    const number = channel === 'sms' ? profile?.addresses.sms?.value : undefined;
    const own = said.filter(
      ({ by, key, at }) =>
        at <= takenAt &&
        key.split(':')[0] === channel &&
        ('profile' in by ? by.profile === request.profile : by.number === number),
    );
    const no = own.findLast(
      ({ key, granted, at }) =>
        !granted && at <= takenAt - PROCESSED_MS && (key === channel || key === `${channel}:${topicOf(sim, one)}`),
    );
    // Calls of one moment may be carried out in any order.
    const isLifted =
      no !== undefined &&
      said.some(
        ({ granted, at, key }) =>
          granted && key.split(':')[0] === channel && at > no.at - PROCESSED_MS && at <= takenAt,
      );
    return [
      ...(forbidden === undefined ? [] : [`${message} is handed over, and its customer ${forbidden}`]),
      ...(no === undefined || isLifted ? [] : [`${message} is handed over, though a no to ${no.key} was said before`]),
    ];
  });

const isOfMarketing = ({ request }: HandedOver): boolean => isMarketing(request.template.id);

const topicOf = ({ rules }: Sim, { request }: HandedOver): string | undefined =>
  rules.templates?.[request.template.id]?.definition.topic;

/** Of what the provider accepted, each message was within all caps, each counted once, at its newest try. */
function overCaps(sim: Sim): string[] {
  const sent = sim.outbox.filter(isOfMarketing).toSorted((a, b) => a.judgedAt - b.judgedAt);
  return sent.flatMap((one, index) => {
    const newest = new Map(sent.slice(0, index).map((other) => [other.message, other]));
    newest.delete(one.message);
    const others = [...newest.values()].filter(({ request }) => request.profile === one.request.profile);
    return capsOf(sim, one).flatMap(({ cap, counts }) => {
      if (!isOn(sim, cap, one)) return [];
      const counted = others.filter(
        (other) => counts(other) && isOn(sim, cap, other) && isWithin(sim, cap, other, one),
      );
      return counted.length < cap.max
        ? []
        : [
            `${one.message} is message ${counted.length + 1} of ${JSON.stringify(cap)} at ${new Date(one.judgedAt).toISOString()}`,
          ];
    });
  });
}

/** The caps of settings, journey and node, and what each counts. */
function capsOf(
  { rules }: Sim,
  { request: { source } }: HandedOver,
): { cap: Cap; counts: (other: HandedOver) => boolean }[] {
  const ofSettings = rules.snapshot.settings.caps.map((cap) => ({ cap, counts: () => true }));
  if (source.kind !== 'journey') return ofSettings;
  const definition = rules.journeys[source.id]?.definition;
  const node = definition?.nodes[source.node];
  const isOfJourney = ({ request }: HandedOver) => request.source.kind === 'journey' && request.source.id === source.id;
  const isOfNode = (other: HandedOver) =>
    isOfJourney(other) && other.request.source.kind === 'journey' && other.request.source.node === source.node;
  return [
    ...ofSettings,
    ...(definition?.caps ?? []).map((cap) => ({ cap, counts: isOfJourney })),
    ...((node?.type === 'send' ? node.caps : undefined) ?? []).map((cap) => ({ cap, counts: isOfNode })),
  ];
}

const isOn = (sim: Sim, { channel, topic }: Cap, one: HandedOver): boolean =>
  (channel === undefined || channel === one.channel) && (topic === undefined || topic === topicOf(sim, one));

/** Whether an earlier message still counts: on one date of the customer's timezone, or of the one in which it was counted; or within the span. */
function isWithin({ rules }: Sim, cap: Cap, earlier: HandedOver, one: HandedOver): boolean {
  if (!('per' in cap)) return one.judgedAt - earlier.judgedAt < SPANS_MS[cap.within as keyof typeof SPANS_MS];
  const zones = [one, earlier].map(({ profile }) => profile?.timezone ?? rules.snapshot.settings.timezone);
  return zones.some((zone) => dateIn(zone, earlier.judgedAt) === dateIn(zone, one.judgedAt));
}

const HOUR_MS = 3_600_000;
/** The spans that histories have. */
const SPANS_MS = { '90m': 1.5 * HOUR_MS, '20h': 20 * HOUR_MS, '3d': 72 * HOUR_MS };

const dateIn = (timeZone: string, at: EpochMs): string =>
  new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(at);
