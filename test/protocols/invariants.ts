import { consentsOf, unpackHashes } from '../../adapters/dynamo/profile-items.ts';
import { walkOf } from '../../adapters/dynamo/run-items.ts';
import { decompress } from '../../core/compression.ts';
import { type CairnEvent, compareEvents } from '../../core/events/event.ts';
import type { EpochMs } from '../../core/ids.ts';
import { earliestResolve, resolvedByTags } from '../../core/journeys/exit-and-resume.ts';
import { RESOLVED_BY, resultOf } from '../../core/journeys/run-data.ts';
import type { Message } from '../../core/messages/message.ts';
import type { Source } from '../../core/messages/source.ts';
import type { Activity, Effect } from '../../core/profiles/activity.ts';
import { hasRefused } from '../../core/profiles/consent.ts';
import type { Consents, Profile } from '../../core/profiles/profile.ts';
import type { Claim, Run } from '../../core/runs/run.ts';
import { HELD } from '../../engine/runs/finish-plan.ts';
import type { Item } from './expressions.ts';
import type { Watch } from './memory.ts';
import { definitionIn, isMarketing, type Rules } from './rules.ts';
import { TABLES } from './tables.ts';

/** Invariants of every single write. A write that breaks one throws an error at once. */
export function invariants(journeys: Rules['journeys'], now: () => EpochMs): Watch {
  const counted = new Map<string, string>();
  const timeOuts = new TimeOuts(journeys);
  const handed = new Handed();
  const optedOut = new OptedOut();
  const entered = new Entered();
  const pending = new Pending();
  const paths = new Paths();
  const dates = new Dates(now);
  return (table, before, after) => {
    // The calls of its webhooks are stored beside a run.
    if (table === TABLES.runs && (after ?? before)?.sk === 'RUN') {
      ofRun(before, after);
      timeOuts.ofRun(before, after);
      handed.ofRun(after);
      pending.ofRun(after);
      entered.ofRun(after);
      dates.ofRun(before, after);
    }
    if (table === TABLES.messages) {
      handed.ofMessage(before, after);
      optedOut.ofMessage(before, after);
    }
    if (table !== TABLES.profiles) return;
    timeOuts.ofProfile(before, after);
    optedOut.ofProfile(after);
    entered.ofProfile(before, after);
    pending.ofProfile(before, after);
    ofFenced(before, after);
    paths.ofProfile(before, after);
    dates.ofProfile(after);
    ofJudging(before, after, now());
    if (after?.sk === '#ACTIVITY' || before?.sk === '#ACTIVITY') ofActivity(counted, before, after);
    if (String(before?.sk).startsWith('TAG#')) {
      demand(after !== undefined && Number(after.v) > Number(before?.v), 'a membership goes back', before, after);
    }
  };
}

function demand(holds: boolean, invariant: string, before: Item | undefined, after: Item | undefined): void {
  if (!holds) throw new Error(`${invariant}: ${JSON.stringify({ before, after }).slice(0, 4_000)}`);
}

/** A run is created once, closed once, and leaves each stop once, by the way that was claimed. */
function ofRun(before: Item | undefined, after: Item | undefined): void {
  const invariant = (holds: boolean, text: string) => demand(holds, text, before, after);
  invariant(after !== undefined, 'a run is removed');
  if (after === undefined) return;
  if (before === undefined) {
    invariant(after.status === 'entering' || after.status === 'closed', 'a run begins in its midst');
    invariant(after.status === 'closed' || typeof after.dueAt === 'number', 'nobody looks whether a run has begun');
    return;
  }
  invariant(before.status !== 'closed', 'a closed run is written');
  const [step, leg] = [Number(after.step) - Number(before.step), Number(after.leg) - Number(before.leg)];
  invariant(
    (step === 0 && leg === 0) || (step === 1 && (leg === 0 || leg === 1)),
    'a stop is left twice, or one is passed over',
  );
  invariant(before.status === 'open' || leg === 1 || step === 0, 'a run walks that is not open');
  invariant(after.status !== 'parked' || typeof after.dueAt === 'number', 'a parked run is never looked for');
  invariant(
    leg === 0 || after.status === 'closed' || typeof after.dueAt === 'number',
    'nobody looks whether a leg has begun',
  );
  invariant(after.token === undefined || after.status === 'open', 'a run that is not open has a token');
  if (step === 0) {
    ofRest(before, after);
    return;
  }
  invariant(after.claim === undefined && after.token === undefined, 'a claim or a token outlives its stop');
  const claim = before.claim === undefined ? undefined : decompress<Claim>(before.claim);
  // The node of a held message has been passed: it is no stop.
  if (claim === undefined || claim.way.kind === 'timeout' || claim.by === HELD) return;
  invariant(resultOf(walkOf(after).data, RESOLVED_BY) === claim.by, 'a stop is left by another way than was claimed');
}

function ofRest(before: Item, after: Item): void {
  const isOver = after.status === 'closed' || after.status === 'parked';
  const isKept = before.claim === undefined || JSON.stringify(before.claim) === JSON.stringify(after.claim);
  demand(isOver || isKept, 'a claim changes', before, after);
  const [was, is] = [before.token as Run['token'], after.token as Run['token']];
  demand(!was || !is || was.leg < is.leg || was.attempt <= is.attempt, 'an older token comes back', before, after);
}

/** A message that is taken after its run was left is not sent: the gate is asked again after the take. */
class Handed {
  private readonly left = new Set<string>();
  private readonly late = new Set<unknown>();

  ofRun(after: Item | undefined): void {
    if (after?.status === 'closed' && after.reason !== 'ended') this.left.add(String(after.pk));
  }

  ofMessage(before: Item | undefined, after: Item | undefined): void {
    const source = after?.sourceKind as Source | undefined;
    if (after === undefined || source?.kind !== 'journey') return;
    const isTaken = after.state === 'sending' && before?.owner !== after.owner;
    if (isTaken && this.left.has(`RUN#${source.run}`)) this.late.add(after.sk);
    demand(
      after.state !== 'sent' || !this.late.has(after.sk),
      'a message of a run that was left is sent',
      before,
      after,
    );
  }
}

/** A marketing message that is taken after its customer has opted out is not sent: the consents are read again after the take. */
class OptedOut {
  private readonly consents = new Map<unknown, Consents>();
  private readonly late = new Map<unknown, unknown>();

  ofProfile(after: Item | undefined): void {
    if (after?.sk === 'CONSENT') this.consents.set(after.pk, consentsOf(after));
  }

  ofMessage(before: Item | undefined, after: Item | undefined): void {
    const row = after as (Item & Pick<Message, 'channel' | 'template' | 'topic'>) | undefined;
    if (row?.channel === undefined || !isMarketing(row.template.id)) return;
    const isRefused = hasRefused(this.consents.get(row.profile) ?? {}, row.channel, row.topic);
    if (row.state === 'sending' && before?.owner !== row.owner && isRefused) this.late.set(row.sk, row.owner);
    // Who has agreed again since may get it.
    const isLate =
      row.state === 'sent' && isRefused && this.late.has(row.sk) && this.late.get(row.sk) === before?.owner;
    demand(!isLate, 'a message is sent to one who had opted out before it was taken', before, after);
  }
}

/**
 * A profile says that no run has left it only while there is none that re-entry would have to read: none of its own, and none of a profile that was
 * merged into it. Data that a merge stores before its commit does not belong to it yet.
 */
class Entered {
  private readonly profiles = new Map<string, unknown>();
  /** Entries of each profile by slot. */
  private readonly slots = new Map<unknown, Map<string, string>>();

  ofRun(after: Item | undefined): void {
    this.profiles.set(String(after?.pk).slice('RUN#'.length), after?.profile);
  }

  ofProfile(before: Item | undefined, after: Item | undefined): void {
    const { pk, sk } = after ?? before ?? {};
    const slots = this.slots.get(pk) ?? new Map<string, string>();
    this.slots.set(pk, slots);
    if (String(sk).startsWith('ENTERED#')) {
      const slot = String(sk).slice('ENTERED#'.length);
      if (after === undefined) slots.delete(slot);
      else slots.set(slot, String(after.entry));
    }
    if (sk !== '#ACTIVITY' || after === undefined || after.mergedInto !== undefined) return;
    const { neverLeft, openRuns, mergedFrom: from } = activityOf(after);
    const own = new Set<unknown>([pk, ...from]);
    const open = new Set(Object.values(openRuns).map(({ entry }) => entry));
    const left = [...slots].filter(([, entry]) => !open.has(entry) && own.has(this.profiles.get(entry)));
    demand(!neverLeft || left.length === 0, `of ${left} it says that it has not left`, before, after);
  }
}

/** The effects that a commit left pending have been executed when the next commit drops them or continues them. */
class Pending {
  private readonly members = new Map<string, number>();
  private readonly runs = new Set<unknown>();

  ofRun(after: Item | undefined): void {
    this.runs.add(after?.pk);
  }

  ofProfile(before: Item | undefined, after: Item | undefined): void {
    const { pk, sk } = after ?? before ?? {};
    if (String(sk).startsWith('TAG#')) this.members.set(`${pk} ${sk}`, Number(after?.v));
    if (sk !== '#ACTIVITY' || before === undefined || after === undefined) return;
    const kept = pendingOf(after).map((effect) => JSON.stringify(effect));
    for (const effect of pendingOf(before)) {
      const isDone =
        effect.kind === 'member'
          ? (this.members.get(`${pk} TAG#${effect.tag}`) ?? 0) >= effect.v
          : effect.kind !== 'enter' || this.runs.has(`RUN#${effect.run.entry}`);
      demand(isDone || kept.includes(JSON.stringify(effect)), `${effect.kind} is dropped undone`, before, after);
    }
  }
}

/** No trial ends before its end as it was known. */
class Dates {
  private readonly now: () => EpochMs;
  /** For each profile: when its trial ends, and since when that is known. */
  private readonly ends = new Map<unknown, { endsOn: unknown; since: EpochMs }>();

  constructor(now: () => EpochMs) {
    this.now = now;
  }

  ofProfile(after: Item | undefined): void {
    if (after?.sk !== '#PROFILE') return;
    if (after.mergedInto !== undefined || after.body === undefined) {
      this.ends.delete(after.pk);
      return;
    }
    const endsOn = decompress<Profile>(after.body).traits.endsOn?.value;
    if (this.ends.get(after.pk)?.endsOn !== endsOn) this.ends.set(after.pk, { endsOn, since: this.now() });
  }

  ofRun(before: Item | undefined, after: Item | undefined): void {
    if (before?.node !== 'ends' || after === undefined || after.node === 'ends' || before.claim !== undefined) return;
    const { endsOn, since = 0 } = this.ends.get(before.profile) ?? {};
    const isKnown = typeof endsOn === 'string' && since < this.now() && before.step !== after.step;
    demand(!isKnown || Date.parse(endsOn) <= this.now() + 1_000, 'a trial is over before its end', before, after);
  }
}

/**
 * Bodies that were already decompressed. Items in a table never change, and each write is checked twice: as the new item, and as the item that the
 * next write replaces.
 */
const bodies = new WeakMap<Item, Activity>();
function activityOf(item: Item): Activity {
  const body = bodies.get(item) ?? decompress<Activity>(item.body);
  bodies.set(item, body);
  return body;
}

const pendingOf = (item: Item): Effect[] => (item.body === undefined ? [] : activityOf(item).pending);

/** A completed merge never changes its target, except to shorten the path; and moved data is where it will be looked for. */
class Paths {
  private readonly into = new Map<unknown, unknown>();
  private readonly done = new Set<unknown>();
  /** For each profile: items of other kinds in its partition. */
  private readonly beside = new Map<unknown, Set<unknown>>();

  ofProfile(before: Item | undefined, after: Item | undefined): void {
    const { pk, sk } = after ?? before ?? {};
    if (sk === '#ACTIVITY' && after?.mergedInto !== undefined) {
      const led = before?.mergedInto;
      demand(led === undefined || this.end(led) === this.end(after.mergedInto), 'a merge is undone', before, after);
      this.into.set(pk, after.mergedInto);
      if (after.done === true) this.done.add(pk);
    }
    demand(
      sk !== '#ACTIVITY' || before?.mergedInto === undefined || after?.mergedInto !== undefined,
      'a merge is undone',
      before,
      after,
    );
    if (!/^(EVENTS|IDS|LEDGER)#/.test(String(sk))) return;
    const items = this.beside.get(pk) ?? new Set<unknown>();
    this.beside.set(pk, items);
    if (after !== undefined) items.add(sk);
    else {
      items.delete(sk);
      demand(this.isFound(pk, sk), 'what is swept is lost', before, after);
    }
  }

  private end(key: unknown): unknown {
    const next = this.into.get(key);
    return next === undefined ? key : this.end(next);
  }

  /** The item is under the survivor, or under a profile on the way whose data still has to be moved. */
  private isFound(key: unknown, sk: unknown): boolean {
    if (!this.done.has(key) && this.beside.get(key)?.has(sk)) return true;
    const next = this.into.get(key);
    return next !== undefined && this.isFound(next, sk);
  }
}

/** No profile is evaluated by older rules than before; and none is evaluated without an event or a due instant. */
function ofJudging(before: Item | undefined, after: Item | undefined, now: EpochMs): void {
  if (before?.sk !== '#ACTIVITY' || after === undefined || after.mergedInto !== undefined) return;
  const [was, is] = [activityOf(before), activityOf(after)];
  demand((was.snapshotOf ?? 0) <= (is.snapshotOf ?? 0), 'a profile is evaluated by older rules', before, after);
  const isDue = typeof before.dueAt === 'number' && before.dueAt <= now;
  const hasNewRules = was.featuresOf !== is.featuresOf || was.arrivalsOf !== is.arrivalsOf;
  const known = new Set(hashesOf(before));
  const hasHappened =
    hashesOf(after).some((id) => !known.has(id)) || mergedFrom(after).some((key) => !mergedFrom(before).includes(key));
  demand(isDue || hasNewRules || hasHappened, 'a profile is evaluated before its time', before, after);
}

/** A body that a merge has frozen does not change until it is removed. */
function ofFenced(before: Item | undefined, after: Item | undefined): void {
  if (before?.mergedInto === undefined || before.sk === '#ACTIVITY') return;
  const isFrozen = after?.mergedInto !== undefined;
  const isSame = after?.body === undefined || JSON.stringify(after.body) === JSON.stringify(before.body);
  demand(isFrozen && isSame, 'what is fenced changes', before, after);
}

/** No time-out ignores an event that was in the timeline when it was claimed, nor a tag that had changed. */
class TimeOuts {
  private readonly journeys: Rules['journeys'];
  /** Event items of each profile. */
  private readonly timelines = new Map<unknown, Map<unknown, CairnEvent[]>>();
  private readonly tags = new Map<unknown, Activity['tags']>();
  /** For each stop whose time-out is claimed: the events in the timeline at that time, and the tags that were on. */
  private readonly claimed = new Map<string, { events: CairnEvent[]; tags: Activity['tags'] | undefined }>();

  constructor(journeys: Rules['journeys']) {
    this.journeys = journeys;
  }

  ofProfile(before: Item | undefined, after: Item | undefined): void {
    const { pk, sk } = after ?? before ?? {};
    if (sk === '#ACTIVITY') {
      // For a profile that was merged away, its survivor's tags are used.
      if (after === undefined || after.mergedInto !== undefined) this.tags.delete(pk);
      else this.tags.set(pk, activityOf(after).tags);
    }
    if (!String(sk).startsWith('EVENTS#')) return;
    const timeline = this.timelines.get(pk) ?? new Map<unknown, CairnEvent[]>();
    if (after === undefined) timeline.delete(sk);
    else timeline.set(sk, decompress<CairnEvent[]>(after.body));
    this.timelines.set(pk, timeline);
  }

  ofRun(before: Item | undefined, after: Item | undefined): void {
    if (before === undefined || after === undefined) return;
    const stop = `${before.pk} ${before.step}`;
    const claim = after.claim === undefined ? undefined : decompress<Claim>(after.claim);
    if (claim?.by === 'timeout' && !this.claimed.has(stop)) {
      const events = [...(this.timelines.get(after.profile)?.values() ?? [])].flat().sort(compareEvents);
      this.claimed.set(stop, { events, tags: this.tags.get(after.profile) });
    }
    if (after.step === before.step) return;
    if (resultOf(walkOf(after).data, RESOLVED_BY) !== 'timeout') return;
    const definition = definitionIn(this.journeys, String(before.journey), Number(after.version));
    // The adapter wrote this item.
    const run = {
      ...(before as unknown as Run),
      entry: String(before.pk).slice('RUN#'.length),
      key: String(before.runKey),
      data: walkOf(before).data,
      visits: walkOf(before).visits ?? {},
    };
    const { events = [], tags } = this.claimed.get(stop) ?? {};
    const passed = definition && earliestResolve(definition, run, events);
    demand(passed === undefined, `a time-out passes over ${passed?.event.name}`, before, after);
    const turned = definition && tags && resolvedByTags(definition, run, (tag) => tags[tag]?.since);
    demand(turned === undefined, 'a time-out passes over a tag', before, after);
  }
}

/** Each commit follows the one before, and each message counts in one. */
function ofActivity(counted: Map<string, string>, before: Item | undefined, after: Item | undefined): void {
  demand(after !== undefined, 'an activity is removed', before, after);
  if (after === undefined) return;
  demand(Number(after.version) === Number(before?.version ?? 0) + 1, 'a commit is lost', before, after);
  const ids = hashesOf(after);
  demand(new Set(ids).size === ids.length, 'a profile is folded twice', before, after);
  const isFold = fold(counted, before, after);
  if (isFold) return;
  const known = new Set(hashesOf(before));
  for (const id of ids.filter((one) => !known.has(one))) {
    demand(!counted.has(id), `a message counts twice (before in ${counted.get(id)})`, before, after);
    counted.set(id, `${after.pk} v${after.version}`);
  }
}

/** Each profile is merged into another once. */
function fold(counted: Map<string, string>, before: Item | undefined, after: Item): boolean {
  const known = mergedFrom(before);
  const folded = mergedFrom(after).filter((key) => !known.includes(key));
  for (const key of folded) {
    const once = `${key} into ${after.pk}`;
    demand(!counted.has(once), 'a profile is folded twice', before, after);
    counted.set(once, `v${after.version}`);
  }
  return folded.length > 0;
}

const mergedFrom = (item: Item | undefined): string[] => (item === undefined ? [] : activityOf(item).mergedFrom);

const hashes = new WeakMap<Item, string[]>();
function hashesOf(item: Item | undefined): string[] {
  if (item?.ids === undefined) return [];
  const all = hashes.get(item) ?? unpackHashes(item.ids);
  hashes.set(item, all);
  return all;
}
