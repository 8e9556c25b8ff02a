import { beforeEach, expect, test } from 'vitest';
import { emptySnapshot } from '../../../core/catalog/build-snapshot.ts';
import type { LiveJourney } from '../../../core/catalog/snapshot.ts';
import { JourneySchema } from '../../../core/journeys/schema.ts';
import { checkEntryEvent, type SilentEventsDeps } from '../../../engine/guardrails/silent-events.ts';

const DAY = 24 * 3600_000;
const MONDAY = Date.parse('2026-11-02T00:00:00Z');
const live = (id: string, entry: object): LiveJourney => ({
  id,
  version: 1,
  pins: { templates: {}, journeys: {} },
  definition: JourneySchema.parse({ name: id, entry, start: 'done', nodes: { done: { type: 'end' } } }),
});
const journeys = [live('cart', { event: 'Product Added' }), live('api', { api: true })];

let published: string[] = [];
let [reported, reads] = [0, 0];
beforeEach(() => {
  published = [];
  reported = 0;
  reads = 0;
});

/** Ten came in the last hour of each of the eight days before Monday. */
const deps = (now: number, settled: ReadonlySet<string> = new Set()): SilentEventsDeps => ({
  catalog: {
    snapshot: async () => ({
      snapshot: { ...emptySnapshot(), journeys },
      pointer: { version: 1, channels: {}, journeys: {} },
    }),
  },
  metrics: {
    read: async (scope, from, to) => {
      reads += 1;
      expect([scope, from, to]).toEqual(['event:Product Added', '2026-10-12', '2026-11-03']);
      return Array.from({ length: 8 }, (_, back) => ({
        day: new Date(MONDAY - (8 - back) * DAY).toISOString().slice(0, 10),
        counts: { '23:came': 10 },
      }));
    },
  },
  alerts: {
    raise: async (alert) => ({ ...alert, status: 'open', ...(settled.has(alert.id) ? { publishedAt: now } : {}) }),
    settle: async () => undefined,
    unpublished: async () => [],
    published: async (id) => void published.push(id),
  },
  topic: { publish: async () => undefined },
  rules: { pauseOnce: async () => false },
  definitions: { head: async () => undefined, commitHead: async () => false },
  audit: { record: async () => undefined },
  reportSilent: () => {
    reported += 1;
  },
  clock: () => now,
});

test('an event that has stopped is published and reported to CloudWatch once', async () => {
  const now = MONDAY + DAY;
  expect(await checkEntryEvent(deps(now), 'Product Added')).toBeUndefined();
  expect([published.length, reported]).toEqual([1, 1]);
  await checkEntryEvent(deps(now, new Set(published)), 'Product Added');
  expect([published.length, reported]).toEqual([1, 1]);
});

test('an event that starts no live journey is not even read', async () => {
  expect(await checkEntryEvent(deps(MONDAY + DAY), 'Page Viewed')).toBeUndefined();
  expect([reads, published.length]).toEqual([0, 0]);
});
