import { expect, it } from 'vitest';
import { CampaignSchema } from '../../../core/campaigns/schema.ts';
import { emptySnapshot } from '../../../core/catalog/build-snapshot.ts';
import { MAX_AUDIENCES } from '../../../engine/campaigns/estimate-audiences.ts';
import { readSchedule, type ScheduleDeps } from '../../../engine/campaigns/read-schedule.ts';

const NOW = Date.parse('2026-11-02T00:00:00Z');
const HOUR_MS = 3_600_000;

/** So many campaigns, each to a list of its own with as many members as its number; and how their lists were counted. */
function planned(count: number, hourOf: (index: number) => number) {
  const campaigns = Array.from({ length: count }, (_, index) => {
    const time = new Date(NOW + hourOf(index) * HOUR_MS).toISOString().slice(0, 16);
    const definition = CampaignSchema.parse({
      name: 'C',
      audience: { list: `list-${index}` },
      template: 'offer',
      at: { time, timezone: 'UTC' },
    });
    return { id: `c${String(index).padStart(3, '0')}`, version: 1, definition, pins: { templates: {}, journeys: {} } };
  });
  const counting = { calls: 0, atOnce: 0, most: 0 };
  const deps = {
    catalog: {
      snapshot: async () => ({ snapshot: { ...emptySnapshot(), campaigns }, pointer: { channels: {}, journeys: {} } }),
      version: async () => undefined,
    },
    definitions: { list: async () => ({ items: [] }), head: async () => undefined },
    occurrences: { list: async () => ({ items: [] }) },
    jobs: { get: async () => undefined },
    rules: { read: async () => ({ snapshot: emptySnapshot() }) },
    profiles: {
      countMembers: async (key: string) => {
        counting.calls += 1;
        counting.atOnce += 1;
        counting.most = Math.max(counting.most, counting.atOnce);
        await new Promise(setImmediate);
        counting.atOnce -= 1;
        return Number(key.split('-').at(-1));
      },
    },
    clock: () => NOW,
  };
  return { deps: deps as unknown as ScheduleDeps, counting };
}

it('counts some audiences at a time and no more than a hundred, and goes on where it has stopped', async () => {
  const { deps, counting } = planned(MAX_AUDIENCES + 30, (index) => 1 + index);
  const to = NOW + 90 * 24 * HOUR_MS;
  const first = await readSchedule(deps, { from: NOW, to });
  expect(first.items.map(({ estimated }) => estimated)).toEqual(Array.from({ length: 100 }, (_, index) => index));
  expect(counting).toMatchObject({ calls: 100, most: 8 });
  const second = await readSchedule(deps, { from: first.next ?? 0, to });
  expect(second.items.map(({ estimated }) => estimated)).toEqual(Array.from({ length: 30 }, (_, index) => 100 + index));
  expect(second.next).toBeUndefined();
});

it('leaves out the sizes of what is too many at one instant, and what is due later', async () => {
  const { deps, counting } = planned(MAX_AUDIENCES + 30, (index) => (index < 120 ? 1 : 2));
  const { items, next } = await readSchedule(deps, { from: NOW, to: NOW + 24 * HOUR_MS });
  expect(items).toHaveLength(120);
  expect(items.filter(({ estimated }) => estimated === undefined)).toHaveLength(20);
  expect(next).toBe(NOW + HOUR_MS + 1);
  expect(counting.calls).toBe(100);
});
