import { expect, it } from 'vitest';
import type { Sum } from '../../../core/metrics/metric-event.ts';
import { correctCounters, type RecountDeps, recountPage } from '../../../engine/metrics/recount.ts';

const DAY = '2026-11-02';
const AT = Date.parse(`${DAY}T12:00:00Z`);
const recount = { id: 'job', day: DAY };

/** Rows of one message each, in pages of one. */
function paged(pages: number) {
  const kept: Record<string, Sum[]> = {};
  const corrected: Sum[] = [];
  const deps = {
    messages: {
      recordedOn: async (_day: string, _shard: number, { cursor }: { cursor?: { page: number } | undefined }) => {
        const page = cursor?.page ?? 0;
        return { ids: [`m${page}`], ...(page + 1 < pages ? { next: { page: page + 1 } } : {}) };
      },
      counted: async (ids: readonly string[]) =>
        ids.map(() => ({
          source: { kind: 'api', id: 'shop' },
          channel: 'sms',
          template: { id: 't', version: 1 },
          history: [{ status: 'sent', at: AT, channel: 'sms' }],
        })),
    },
    recounts: {
      keep: async (_id: string, page: string, sums: Sum[]) => {
        kept[page] = sums;
      },
      kept: async (_id: string, cursor: { at: number } | undefined) => {
        const at = cursor?.at ?? 0;
        const sums = Object.values(kept)[at] ?? [];
        return { sums, ...(at + 1 < pages ? { next: { at: at + 1 } } : {}) };
      },
      counters: async () => ({}),
      correct: async (sum: Sum) => {
        corrected.push(sum);
        return true;
      },
    },
    report: () => undefined,
    clock: () => AT,
    log: { warn: () => undefined },
  } as unknown as RecountDeps;
  return { deps, kept, corrected };
}

it('each page of a recount is kept under a name of its own, and all are compared', async () => {
  const { deps, kept, corrected } = paged(3);
  let cursor: Record<string, unknown> | undefined;
  for (let page = 0; page < 3; page += 1) {
    const { done, next } = await recountPage(deps, recount, { shard: 4, limit: 1, cursor });
    expect([done, next === undefined]).toEqual([1, page === 2]);
    cursor = next;
  }
  expect(Object.keys(kept)).toEqual(['4#0', '4#1', '4#2']);
  await correctCounters(deps, recount);
  expect(corrected).toContainEqual({ scope: 'channel:sms', day: DAY, counts: { sent: 3 } });
});
