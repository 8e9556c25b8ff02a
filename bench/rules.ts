import { emptySnapshot, nextSnapshot } from '../core/catalog/build-snapshot.ts';
import type { Snapshot } from '../core/catalog/snapshot.ts';
import type { EventsMessage } from '../core/events/event.ts';
import { profileKeyOfUser } from '../core/ids.ts';
import type { Rule } from '../core/tags/rule.ts';
import { TagSchema } from '../core/tags/schema.ts';
import { processEvents } from '../engine/profiles/process-events.ts';
import { meteredTables, profileDeps } from './stores.ts';

export interface RuleCost {
  rules: number;
  readUnits: number;
  writeUnits: number;
  calls: number;
  cpuMs: number;
  /** Bytes of `#ACTIVITY`'s features, as JSON. */
  featureBytes: number;
}

const PROFILES = 40;
const EVENTS_EACH = 12;
const START = Date.parse('2026-11-02T01:00:00Z');
const NAMES = ['Order Completed', 'Product Viewed', 'Product Favorited', 'Logged In', 'Signed Up'];
const record = { attributes: {} as never };

/** Rules as a team might have: of counts, sums, averages, absences and traits, in varying windows and categories. */
function rulesOf(count: number): Snapshot {
  const kinds = [
    (n: number) => ({ event: NAMES[n % 5], within: `${7 + (n % 60)}d`, count: { gte: 1 + (n % 5) } }),
    (n: number) => ({
      event: 'Order Completed',
      within: `${30 + (n % 60)}d`,
      sum: { of: 'total', gte: 100 * (n % 90) },
    }),
    (n: number) => ({ event: 'Product Viewed', where: { category: `c${n % 40}` }, within: '30d', count: { gte: 3 } }),
    (n: number) => ({ event: NAMES[n % 5], last: { olderThan: `${20 + (n % 100)}d` } }),
    (n: number) => ({
      all: [
        { trait: 'city', eq: `city-${n % 50}` },
        { trait: 'spent', gte: n },
      ],
    }),
  ];
  const rules = Array.from({ length: count }, (_, n): Rule => {
    const condition = kinds[n % kinds.length]?.(n);
    return { kind: 'tag', id: `t${n}`, version: 1, definition: TagSchema.parse({ name: `T${n}`, if: condition }) };
  });
  const before = emptySnapshot();
  return nextSnapshot(before, { ...before, rules }) ?? before;
}

/** Measures the cost of one more event of a customer with some history, by the number of live rules. */
export async function costOfRules(counts: number[]): Promise<RuleCost[]> {
  const costs: RuleCost[] = [];
  for (const count of counts) costs.push(await costWith(count));
  return costs;
}

async function costWith(count: number): Promise<RuleCost> {
  const { meter, tables, stop } = await meteredTables();
  let now = START;
  const deps = profileDeps(tables, rulesOf(count), () => now);
  const messageOf = (user: number, turn: number): EventsMessage => ({
    profile: profileKeyOfUser(`rules-${user}`),
    identity: { kind: 'user', id: `rules-${user}` },
    events: [
      {
        id: `${user}-${turn}`,
        type: 'track',
        name: NAMES[(user + turn) % 5] ?? '',
        at: now,
        receivedAt: now,
        index: 0,
        key: 'server',
        properties: { total: 10 * turn, category: `c${turn % 40}` },
      },
    ],
  });
  const round = async (turn: number) => {
    now += 3600_000;
    for (let user = 0; user < PROFILES; user += 1) await processEvents(deps, messageOf(user, turn), record);
  };
  for (let turn = 0; turn < EVENTS_EACH; turn += 1) await round(turn);
  meter.reset();
  const before = process.cpuUsage();
  await round(EVENTS_EACH);
  const used = process.cpuUsage(before);
  const activity = await deps.profiles.readActivity(profileKeyOfUser('rules-0'));
  const calls = Object.values(meter.counts.dynamo).reduce((sum, one) => sum + one, 0);
  stop();
  return {
    rules: count,
    readUnits: meter.counts.reads / PROFILES,
    writeUnits: meter.counts.writes / PROFILES,
    calls: calls / PROFILES,
    cpuMs: (used.user + used.system) / 1000 / PROFILES,
    featureBytes: JSON.stringify(activity?.features ?? {}).length,
  };
}
