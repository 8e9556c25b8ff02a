import { messageStore } from '../../adapters/dynamo/messages.ts';
import { profileStore } from '../../adapters/dynamo/profiles.ts';
import { runStore } from '../../adapters/dynamo/runs.ts';
import { isEndWatched } from '../../core/catalog/watched-ends.ts';
import type { Channel } from '../../core/channels/registry.ts';
import { RUN_ENDED } from '../../core/events/internal.ts';
import type { EpochMs } from '../../core/ids.ts';
import { exitOf } from '../../core/journeys/exit-and-resume.ts';
import { type JourneyNode, typeOf } from '../../core/journeys/nodes/registry.ts';
import type { Journey } from '../../core/journeys/schema.ts';
import { handedOverAt, isWaiting, type Message, RESENT } from '../../core/messages/message.ts';
import { counterOf, scopesOf } from '../../core/metrics/buckets.ts';
import { sendKeyOf } from '../../core/profiles/counted-sends.ts';
import type { Profile } from '../../core/profiles/profile.ts';
import type { Run } from '../../core/runs/run.ts';
import type { Item } from './expressions.ts';
import { messageItems } from './message-items.ts';
import { recountFaults } from './recounted.ts';
import { definitionIn, isMarketing, type Rules } from './rules.ts';
import { type History, START } from './script.ts';
import type { Sim } from './simulation.ts';
import { TABLES } from './tables.ts';

const HALF_HOUR_MS = 1_800_000;

/** Outcome of a history, without ids and instants, so that it is the same for every run of the history. */
export interface Outcome {
  /** Run and node → state of its message. */
  messages: string[];
  /** Run and node → the half hour in which it was sent. */
  when: string[];
  runs: string[];
  /** How the runs ended, alone. */
  ends: string[];
  tasks: string[];
  profiles: object[];
  /** Answers that clients got to their triggers. */
  answers: string[];
  /** Faults that are never allowed, whatever the clean run shows. */
  faults: string[];
  /** Codes that were drawn without a run, and webhooks that were called again: only if an executor died, or was given up. */
  wasted: string[];
  /** Counters of reports that differ from the runs: only if an executor died before it published. */
  miscounted: string[];
}

export async function outcomeOf(sim: Sim, history: History): Promise<Outcome> {
  const runs = await runsOf(sim);
  const nameOf = new Map(runs.map((run) => [run.entry, `${run.journey}#${run.key}`]));
  const timelines = await timelinesOf(sim, history);
  const listed = await listedRuns(sim, history);
  const open = new Set(runs.flatMap(({ entry, status }) => (status === 'closed' ? [] : [entry])));
  const messages = await messagesOf(sim, nameOf);
  const { all } = sim.tables;
  const tasks = (await all(TABLES.catalog)).filter(({ pk }) => pk === 'task');
  return {
    messages: messages.rows,
    when: messages.when,
    runs: runs.map(runLine).sort(),
    ends: runs.map(({ journey, key, status, outcome }) => `${journey}#${key} ${status} ${outcome}`).sort(),
    tasks: tasks.map(({ title, status, outcome }) => `${title} ${status} ${outcome}`).sort(),
    profiles: await profilesOf(sim, history, open),
    answers: [...sim.answers].map(([key, answer]) => `${key} ${answer}`).sort(),
    faults: [
      ...messages.faults,
      ...runs.flatMap((run) => [
        ...untold(run, sim.rules, timelines, listed),
        ...offTheWay(run, sim.rules),
        ...outlived(sim, run),
      ]),
      ...(await codesOf(sim, runs)),
      ...(await miscounted(sim)),
      ...(await recountFaults(sim)),
      ...(await overlooked(sim, history, runs)),
      ...(await unlisted(sim, runs)),
      ...acceptedAgain(sim),
      ...(await scattered(sim, history)),
    ],
    wasted: [...(await codesWasted(sim, runs)), ...calledAgain(sim)],
    miscounted: misreported(sim, runs),
  };
}

/** Runs stay under the key of the profile with which they started: the profile that it has become must have that key. */
async function unlisted(sim: Sim, runs: Run[]): Promise<string[]> {
  const store = profileStore(sim.tables.client, TABLES.profiles);
  const found: string[] = [];
  for (const key of new Set(runs.map(({ profile }) => profile))) {
    const home = await store.home(key);
    if (home.key === key || !home.settled) continue;
    const known = (await store.mergedTree(home.key)).map((row) => row.key);
    if (!known.includes(key)) found.push(`runs of ${key} are not found under ${home.key}`);
  }
  return found;
}

export async function runsOf(sim: Sim): Promise<Run[]> {
  const store = runStore(sim.tables.client, TABLES.runs);
  const items = (await sim.tables.all(TABLES.runs)).filter(({ sk }) => sk === 'RUN');
  const entries = items.map(({ pk }) => String(pk).slice('RUN#'.length));
  const runs = await Promise.all(entries.map((entry) => store.get(entry)));
  return runs.filter((run) => run !== undefined);
}

/** Nodes with their number of visits and their messages, and the way by which each stop was left. */
function runLine(run: Run): string {
  const visits = Object.entries(run.visits).map(([node, { count }]) => `${node}×${count}`);
  const version = run.version === 1 ? '' : ` v${run.version}`;
  return `${run.journey}#${run.key}${version} ${run.status} ${run.reason} ${run.outcome}: ${visits.sort().join(' ')}`;
}

/** The end of each ended run is on the timeline once, with its outcome; unless a rule asks for it, the run may still be listed instead. */
function untold(
  run: Run,
  { snapshot }: Rules,
  timelines: Map<string, string[]>,
  listed: ReadonlySet<string>,
): string[] {
  if (run.status === 'open' || run.status === 'entering') return [`${run.journey} never ends`];
  if (run.status !== 'closed' || run.reason === 'merged') return [];
  const outcomes = timelines.get(run.entry) ?? [];
  const isListed = listed.has(run.entry);
  const isOnce = outcomes.length === 1 && outcomes[0] === run.outcome;
  // Who looked it up may have died between the timeline and the commit: then it is looked up again, under the same id.
  const mayRest = isListed && !isEndWatched(snapshot, run.journey) && (outcomes.length === 0 || isOnce);
  const right = mayRest || (!isListed && isOnce);
  const where = isListed ? 'listed' : 'not listed';
  return right ? [] : [`${run.journey} ended as ${run.outcome}, published: ${outcomes.join(', ')}, ${where}`];
}

/** The runs that the profiles list as open. */
async function listedRuns(sim: Sim, history: History): Promise<Set<string>> {
  const store = profileStore(sim.tables.client, TABLES.profiles);
  const listed = new Set<string>();
  for (const key of Object.values(history.profiles))
    for (const { entry } of Object.values((await store.home(key)).activity?.openRuns ?? {})) listed.add(entry);
  return listed;
}

/** A stop is left by one way each time: a node that only this way reaches is visited no more often, and no node is visited that no way reached. */
function offTheWay(run: Run, { journeys }: Rules): string[] {
  const { nodes = {}, start } = definitionIn(journeys, run.journey, run.version) ?? {};
  const visits = (id: string) => run.visits[id]?.count ?? 0;
  const waysOf = (node: JourneyNode) =>
    new Set(
      typeOf(node)
        .exits(node)
        .map((way) => way.node),
    );
  const before = (id: string) => Object.keys(nodes).filter((other) => nodes[other] && waysOf(nodes[other]).has(id));
  return Object.entries(nodes).flatMap(([id, node]) => {
    const ways = [...waysOf(node)].filter((next) => before(next).length === 1 && next !== start);
    const left = ways.reduce((sum, next) => sum + visits(next), 0);
    const led = before(id).reduce((sum, other) => sum + visits(other), id === start ? 1 : 0);
    return [
      ...(left > visits(id) ? [`${run.journey}: ${id} was left ${left} times, and visited ${visits(id)}`] : []),
      ...(visits(id) > led ? [`${run.journey}: ${id} was visited ${visits(id)} times, and led to ${led}`] : []),
    ];
  });
}

/** Once its archive is carried out, a journey's run is closed, and has done nothing since. */
function outlived(sim: Sim, run: Run): string[] {
  const archivedAt = sim.archivedAt.get(run.journey);
  if (archivedAt === undefined) return [];
  const since = archivedAt + PROCESSED_MS;
  const isSent = sim.outbox.some(
    ({ takenAt, request: { source } }) => source.kind === 'journey' && source.run === run.entry && takenAt > since,
  );
  const isVisited = Object.values(run.visits).some(({ at }) => at > since);
  return [
    ...(run.status === 'closed' ? [] : [`${run.journey} is archived, and its run is ${run.status}`]),
    ...(isVisited || isSent ? [`${run.journey} is archived, and its run goes on`] : []),
  ];
}

/** Each run is counted once when it enters and once when it ends, and rests at no node after that. */
function misreported(sim: Sim, runs: Run[]): string[] {
  const counts = countsOf(sim);
  const expected = new Map<string, number>();
  const expect = (counter: string) => expected.set(counter, (expected.get(counter) ?? 0) + 1);
  for (const { journey, status, outcome, node } of runs) {
    expect(`${journey} entered`);
    if (status === 'closed') expect(`${journey} outcome:${outcome}`);
    else if (node !== undefined) expect(`${journey}:${node} waiting`);
  }
  counts.set('accepted', sim.accepted);
  expected.set('accepted', sim.sent.size);
  return [...new Set([...counts.keys(), ...expected.keys()])].flatMap((counter) => {
    const [is, right] = [counts.get(counter) ?? 0, expected.get(counter) ?? 0];
    return is === right ? [] : [`${counter}: ${is}, and right is ${right}`];
  });
}

/** Each event that a client sent is on the timeline of the one profile that its profile has become, and nowhere else. */
async function scattered(sim: Sim, history: History): Promise<string[]> {
  const store = profileStore(sim.tables.client, TABLES.profiles);
  const found: string[] = [];
  for (const key of new Set(Object.values(history.profiles))) {
    const home = await store.home(key);
    if (home.key !== key && (await store.history(key, { from: 0 })).events.length > 0 && home.settled)
      found.push(`events are left at ${key}`);
    const there = new Set((await store.history(home.key, { from: 0 })).events.map(({ id }) => id));
    const sent = [...sim.sent].filter((one) => one.startsWith(`${key} `)).map((one) => one.slice(key.length + 1));
    found.push(...sent.filter((id) => !there.has(id)).map((id) => `${id} is on no timeline of ${home.key}`));
  }
  return found;
}

/** No event of a client is counted as accepted twice. */
const acceptedAgain = ({ accepted, sent }: Sim): string[] =>
  accepted > sent.size ? [`${accepted} events were accepted, and ${sent.size} were sent`] : [];

/** Counts as `record-metrics` does: of those with the same mark only the first. For a node: those who entered it and have not left. */
function countsOf({ published, rules }: Sim): Map<string, number> {
  const marks = new Set<string>();
  const counts = new Map<string, number>();
  const add = (counter: string, count: number) => counts.set(counter, (counts.get(counter) ?? 0) + count);
  for (const event of published) {
    const { once } = event;
    const name = counterOf(event);
    if (once !== undefined && marks.has(once)) continue;
    if (once !== undefined) marks.add(once);
    for (const scope of scopesOf(event)) {
      const [kind, journey = '', node] = scope.split(':');
      if (kind !== 'journey') continue;
      if (node === undefined && (name === 'entered' || name.startsWith('outcome:'))) add(`${journey} ${name}`, 1);
      if (node === undefined || rules.journeys[journey]?.definition.nodes[node]?.type === 'end') continue;
      if (name === 'entered') add(`${journey}:${node} waiting`, 1);
      if (name === 'migrated:in') add(`${journey}:${node} waiting`, 1);
      if (name === 'migrated:out') add(`${journey}:${node} waiting`, -1);
      if (name === 'taken' || name.startsWith('left:')) add(`${journey}:${node} waiting`, -1);
    }
  }
  return counts;
}

async function timelinesOf(sim: Sim, history: History): Promise<Map<string, string[]>> {
  const store = profileStore(sim.tables.client, TABLES.profiles);
  const ends = new Map<string, string[]>();
  for (const key of Object.values(history.profiles)) {
    for (const { name, properties } of (await store.history(key, { from: 0 })).events) {
      if (name !== RUN_ENDED) continue;
      const entry = String(properties?.entry);
      ends.set(entry, [...(ends.get(entry) ?? []), String(properties?.outcome)]);
    }
  }
  return ends;
}

async function messagesOf(
  sim: Sim,
  nameOf: Map<string, string>,
): Promise<{ rows: string[]; when: string[]; faults: string[] }> {
  const store = messageStore(sim.tables.client, TABLES.messages);
  const ids = (await messageItems(sim.tables)).map(({ sk }) => String(sk));
  const rows: string[] = [];
  const when: string[] = [];
  const faults: string[] = [];
  const { channels, journeys } = sim.rules.pointer;
  const isFree = Object.keys(channels).length === 0 && Object.keys(journeys).length === 0;
  for (const row of (await store.getAll(ids)).values()) {
    const { source, state, reason = '' } = row;
    const name = source.kind === 'journey' ? `${nameOf.get(source.run)}:${source.node}` : row.id;
    // The message was never requested, or was refused: an exit may come before the plan is executed, or after.
    if (reason !== 'exited') rows.push(`${name} ${state} ${reason}`);
    const handed = sim.outbox.filter(({ message }) => message === row.id).length;
    const again = handedOverBefore(row);
    const [least, most] = state === 'sent' ? [1, 1] : state === 'unknown' ? [0, 1] : [0, 0];
    const sentAt = row.history.find(({ status }) => status === 'sent')?.at;
    if (sentAt !== undefined) when.push(`${name} ${Math.floor((sentAt - START) / HALF_HOUR_MS) / 2}h`);
    if (state === 'unknown' && !sim.unheard.has(row.id) && !sim.isInterrupted(row.id))
      faults.push(`${name} is unknown, and no sender of it was lost`);
    if (state === 'sending' || state === 'released') faults.push(`${name} is ${state}, and nobody sends it`);
    faults.push(...(await waitingInVain(sim, row, name)), ...outsideHours(sim, row, name));
    if (state === 'held' && isFree) faults.push(`${name} is held, and nothing is paused`);
    if (handed < least || handed > most + again)
      faults.push(`${name} is ${state}, and was handed over ${handed} times`);
  }
  return { rows: rows.sort(), when: when.sort(), faults };
}

/** How often a person has resent it although the provider had it, or may have had it. */
function handedOverBefore({ history }: Message): number {
  let [mayHave, count] = [false, 0];
  for (const { status } of history) {
    if (status === RESENT && mayHave) count += 1;
    if (status === RESENT) mayHave = false;
    if (status === 'sent' || status === 'unknown') mayHave = true;
  }
  return count;
}

/** A deferred message waits for an opening that somebody will look at, and no longer than it is valid. */
async function waitingInVain(sim: Sim, row: Message, name: string): Promise<string[]> {
  if (row.state !== 'deferred') return [];
  const { source, request } = row;
  const items = await messageItems(sim.tables);
  const held = items.find(({ sk }) => sk === row.id)?.held;
  const wakes = (await sim.tables.all(TABLES.catalog)).filter(({ pk }) => pk === 'wake');
  const isListed = wakes.some(({ id }) => String(held).startsWith(`open#${id}#`));
  const run = source.kind === 'journey' ? await runStore(sim.tables.client, TABLES.runs).get(source.run) : undefined;
  const isLookedFor =
    run?.status === 'parked' &&
    (run.dueAt ?? Number.POSITIVE_INFINITY) <= (request.validUntil ?? Number.POSITIVE_INFINITY) + 1;
  return [
    ...(isListed || isLookedFor || sim.isQueued(row.id) ? [] : [`${name} is deferred, and nobody looks after it`]),
    ...(sim.now > (request.validUntil ?? Number.POSITIVE_INFINITY) + PROCESSED_MS
      ? [`${name} is deferred, and has expired`]
      : []),
  ];
}

/** No message is handed over outside its window or the hours of a country, by the clock on the wall of its customer as its sender knew them. */
function outsideHours(sim: Sim, { id, template }: Message, name: string): string[] {
  if (!isMarketing(template.id)) return [];
  const { settings } = sim.rules.snapshot;
  return sim.handedOver.flatMap(({ message, channel, judgedAt, profile, request: { source } }) => {
    if (message !== id) return [];
    const timeZone = profile?.timezone ?? settings.timezone;
    const parts = new Map(
      clockOf(timeZone)
        .formatToParts(judgedAt)
        .map(({ type, value }) => [type, value]),
    );
    const [time, day] = [`${parts.get('hour')}:${parts.get('minute')}`, parts.get('weekday')?.toLowerCase() ?? ''];
    const isIn = (hours: readonly (readonly [string, string])[]) =>
      hours.some(([from, to]) => from <= time && time < to);
    const journey = source.kind === 'journey' ? sim.rules.journeys[source.id]?.definition : undefined;
    const node = source.kind === 'journey' ? journey?.nodes[source.node] : undefined;
    const window = (node?.type === 'send' ? node.window : undefined) ?? journey?.window ?? settings.window;
    const isOpen = window === 'none' || (isIn(window.hours) && (window.days?.some((one) => one === day) ?? true));
    const country = countryOf(sim, channel, profile);
    const floors = settings.floors.filter((floor) => floor.channel === channel && floor.country === country);
    const isAllowed = floors.every(({ hours }) => isIn(hours));
    return isOpen && isAllowed ? [] : [`${name} was sent by ${channel} at ${time} on ${day}`];
  });
}

const clocks = new Map<string, Intl.DateTimeFormat>();
/** Clocks on the wall, each made once. */
function clockOf(timeZone: string): Intl.DateTimeFormat {
  const clock =
    clocks.get(timeZone) ??
    new Intl.DateTimeFormat('en-GB', { timeZone, weekday: 'short', hour: '2-digit', minute: '2-digit' });
  clocks.set(timeZone, clock);
  return clock;
}

/** Prefixes of the numbers that histories have. */
const PREFIXES: Record<string, string> = { '+86': 'CN', '+49': 'DE', '+81': 'JP' };

/** An SMS goes to the country of its number. */
function countryOf(sim: Sim, channel: Channel, profile: Profile | undefined): string | undefined {
  if (channel === 'sms') return PREFIXES[profile?.addresses.sms?.value.slice(0, 3) ?? ''];
  return String(profile?.traits.country?.value ?? sim.rules.snapshot.settings.country);
}

/** Counted sends are dropped after this time. */
const COUNTED_MS = 24 * 3_600_000;

/** A message that was sent, or may have been, counts towards its recipient's caps. A message that was refused does not. */
async function miscounted(sim: Sim): Promise<string[]> {
  const profiles = profileStore(sim.tables.client, TABLES.profiles);
  const store = messageStore(sim.tables.client, TABLES.messages);
  const ids = (await messageItems(sim.tables)).map(({ sk }) => String(sk));
  const faults: string[] = [];
  for (const row of (await store.getAll(ids)).values()) {
    if (!isMarketing(row.template.id)) continue;
    const isCounted = Object.hasOwn(await profiles.readSends(row.profile), sendKeyOf(row.id));
    // Also where a person has had it sent again, and that was refused.
    const isSent = handedOverAt(row) !== undefined;
    // What was tried, and waits, keeps its slot.
    if (isWaiting(row)) continue;
    const isRecent = (row.history.at(-1)?.at ?? 0) > sim.now - COUNTED_MS;
    if (isCounted !== isSent && (isCounted || isRecent))
      faults.push(`${row.template.id} is ${row.state}, and ${isCounted ? 'counts' : 'does not count'}`);
  }
  return faults;
}

/** An event that was posted at least this long ago has been processed, whatever has died meanwhile. */
export const PROCESSED_MS = 20 * 60_000;

/** Invariant: if an event that ends a run comes before a message of that run, the message is not sent, whichever profile got the event. */
async function overlooked(sim: Sim, history: History, runs: Run[]): Promise<string[]> {
  const store = profileStore(sim.tables.client, TABLES.profiles);
  const ends = new Map<string, string>();
  for (const key of [...Object.values(history.profiles), ...runs.map(({ profile }) => profile)])
    ends.set(key, (await store.home(key)).key);
  const posts = history.posts.flatMap(({ at, message }) => (message === undefined ? [] : [{ at, message }]));
  const merges = posts.filter(({ message }) => message.events.some(({ from }) => from !== undefined));
  const mergedAt = Math.max(0, ...merges.map(({ at }) => at));
  return sim.outbox.flatMap(({ takenAt, request: { source } }) => {
    const run = runs.find(({ entry }) => source.kind === 'journey' && entry === source.run);
    const definition = run && definitionIn(sim.rules.journeys, run.journey, run.version);
    if (run === undefined || definition === undefined) return [];
    const isPast = (at: number) => at <= takenAt - PROCESSED_MS;
    const arrived = posts.filter(({ at, message }) => {
      const isOwn = message.profile === run.profile;
      return isPast(at) && (isOwn || (isPast(mergedAt) && ends.get(message.profile) === ends.get(run.profile)));
    });
    // A run that has ended well may still send its last message, or be asked to send one again.
    const endedAt = endOf(run, definition) ?? Number.POSITIVE_INFINITY;
    // At the same instant as the entry, the order decides.
    const exits = arrived
      .flatMap(({ message }) => message.events)
      .filter((event) => event.at > run.at && event.at < endedAt && exitOf(definition, run, event));
    return exits.map(({ name }) => `${run.journey} sends, though ${name} had ended it`);
  });
}

/** When the run came to its end by itself. */
const endOf = ({ visits }: Run, { nodes }: Journey): EpochMs | undefined =>
  Object.entries(visits).find(([id]) => nodes[id]?.type === 'end')?.[1].at;

const isCode = ({ sk }: Item): boolean => /^IDX#\d+$/.test(String(sk));

/** A run draws once, and no two runs have the same code. */
async function codesOf(sim: Sim, runs: Run[]): Promise<string[]> {
  const draws = new Set(
    (await sim.tables.all(TABLES.catalog)).flatMap((item) => (isCode(item) ? (item.by ?? []) : [])),
  );
  const drawing = runs.filter(({ journey }) => journey === 'welcome' || journey === 'offer');
  const codes = drawing.flatMap(codesIn);
  return [
    ...(draws.size > drawing.length ? [`${draws.size} draws of ${drawing.length} runs`] : []),
    ...(new Set(codes).size < codes.length ? [`of ${codes} two are the same`] : []),
  ];
}

/** The codes among a run's results. */
const codesIn = ({ data }: Run): string[] =>
  Object.values(data).flatMap((result) =>
    typeof result === 'object' && result !== null && 'code' in result ? [String(result.code)] : [],
  );

/** Returns the codes that the counter has given out and no run has: its draw died, or was given up and taken over. */
async function codesWasted(sim: Sim, runs: Run[]): Promise<string[]> {
  const items = await sim.tables.all(TABLES.catalog);
  const had = new Set(runs.flatMap(codesIn));
  const next = Number(items.find(({ pk, sk }) => pk === 'coupons#pool' && sk === 'HEAD')?.next ?? 0);
  const given = items.filter((item) => isCode(item) && Number(String(item.sk).slice(4)) < next);
  return given.flatMap(({ code }) => (had.has(String(code)) ? [] : [`${code} is wasted`]));
}

const calledAgain = ({ called }: Sim): string[] =>
  [...new Set(called.filter((call, at) => called.indexOf(call) !== at))].map((call) => `${call} is called again`);

/** `open`: the runs that are not closed. */
async function profilesOf(sim: Sim, history: History, open: ReadonlySet<string>): Promise<object[]> {
  const store = profileStore(sim.tables.client, TABLES.profiles);
  const items = await sim.tables.all(TABLES.profiles);
  // The instant at which a run ends depends on what has failed on its way.
  const ofEnds = new Set(
    sim.rules.snapshot.features.specs.flatMap(({ id, events }) => (events.includes(RUN_ENDED) ? [id] : [])),
  );
  return Promise.all(
    Object.entries(history.profiles).map(async ([name, key]) => {
      const home = await store.home(key);
      const own = items.filter(({ pk }) => pk === key).map(({ sk }) => String(sk));
      return {
        name,
        settled: home.settled,
        isMerged: home.key !== key,
        left: home.key === key ? [] : own.filter((sk) => !FENCES.has(sk) && !/^(TAG|MERGED)#/.test(sk)),
        traits: Object.entries(home.profile?.traits ?? {})
          .map(([trait, { value }]) => `${trait}=${value}`)
          .sort(),
        tags: Object.keys(home.activity?.tags ?? {}).sort(),
        members: items
          .flatMap(({ pk, member }) => (pk === key && typeof member === 'string' ? [member.replace(/#.*/, '')] : []))
          .sort(),
        features: Object.entries(home.activity?.features ?? {})
          .flatMap(([spec, packed]) => (ofEnds.has(spec) ? [] : [JSON.stringify(packed)]))
          .sort(),
        consents: Object.entries(home.consents)
          .map(([consent, { granted }]) => `${consent} ${granted}`)
          .sort(),
        pushes: home.profile?.addresses.push?.map((token) => token.value).sort(),
        openRuns: Object.entries(home.activity?.openRuns ?? {})
          .flatMap(([slot, { entry }]) => (open.has(entry) ? [slot] : []))
          .sort(),
      };
    }),
  );
}

/** Items that a merged profile keeps. */
const FENCES = new Set(['#ACTIVITY', '#PROFILE', 'CONSENT', '#SENDS']);
