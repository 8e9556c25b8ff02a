import { describe, expect, it } from 'vitest';
import { recountId } from '../../../engine/jobs/start-job.ts';
import type { RecountDeps } from '../../../engine/metrics/recount.ts';
import { at, DAY, HOUR, losing, MENDED, NIGHT, NOON, world } from './recount-harness.ts';

async function shardsWithMessages(recordedOn: RecountDeps['messages']['recordedOn']): Promise<number[]> {
  const shards = [...Array(16).keys()];
  const pages = await Promise.all(shards.map((shard) => recordedOn('2026-11-02', shard, { limit: 1 })));
  return shards.filter((shard) => (pages[shard]?.ids.length ?? 0) > 0);
}

describe('a fact that comes late', () => {
  const LATER = NOON + 40 * DAY;

  it.each([false, true])('by 40 days counts on its own day; lost: %s', async (isLost) => {
    const all = world();
    const draft = await all.asked('one');
    await all.send(draft);
    await all.night();
    all.clock.now = LATER;
    await all.hear(draft, 'clicked', NOON + HOUR, isLost);
    await all.night(LATER + DAY);
    expect(await all.counted('channel:sms')).toEqual({ sent: 1, clicked: 1 });
    expect(all.reported).toEqual([0, isLost ? 4 : 0]);
    // Its queue delivers it at last.
    await all.count(all.lost);
    expect(await all.counted('channel:sms')).toEqual({ sent: 1, clicked: 1 });
  });

  it('of a message that waited for days counts when it left', async () => {
    const all = world();
    const draft = await all.asked('held');
    all.clock.now = NOON + 5 * DAY;
    await all.send(draft, { isLost: true });
    await all.night(NOON + 6 * DAY);
    expect(await all.counted('channel:sms', '2026-11-07')).toEqual({ sent: 1 });
    expect(await all.counted('channel:sms')).toEqual({});
  });
});

describe('every night', () => {
  it('starts the recount of the day before, once', async () => {
    const all = await losing();
    all.clock.now = NIGHT;
    await all.nightly();
    await all.nightly();
    await all.work();
    await all.nightly();
    expect(all.queued).toEqual([]);
    expect(await all.counted('channel:sms')).toEqual(MENDED);
    expect((await all.jobs.list({ limit: 10 })).items).toMatchObject([
      { work: { kind: 'recount', day: '2026-11-02' }, by: 'cairn', status: 'done' },
    ]);
  });

  it('reads the lists of a shard in one page, and looks for a first message no longer than it must', async () => {
    const all = await losing();
    const asked: number[] = [];
    const { recordedOn } = all.recounting.messages;
    all.recounting.messages.recordedOn = (day, shard, page) => {
      asked.push(shard);
      return recordedOn(day, shard, page);
    };
    all.clock.now = NIGHT;
    await all.nightly();
    const [first = 0] = await shardsWithMessages(recordedOn);
    expect(asked.splice(0)).toEqual([...Array(first + 1).keys()]);
    await all.work();
    expect(asked).toHaveLength(16);
    expect(await all.counted('channel:sms')).toEqual(MENDED);
  });

  it('goes through the lists of a shard in pages, each row once', async () => {
    const all = world();
    const drafts: string[] = [];
    // On the day before, on the day, and of before, with a note.
    for (const [days, count] of [
      [-1, 30],
      [0, 50],
      [-5, 20],
    ] as const)
      for (let n = 0; n < count; n += 1) {
        all.clock.now = NOON + days * DAY;
        const draft = await all.asked(`of ${days}: ${n}`);
        await all.send(draft);
        all.clock.now = NOON;
        await all.hear(draft, 'delivered', NOON);
        drafts.push(draft.id);
      }
    const found: string[] = [];
    for (let shard = 0; shard < 16; shard += 1) {
      let cursor: Record<string, unknown> | undefined;
      do {
        const { ids, next } = await all.recounting.messages.recordedOn('2026-11-02', shard, { limit: 2, cursor });
        found.push(...ids);
        // As a job keeps it.
        cursor = next && JSON.parse(JSON.stringify(next));
        expect(ids.length === 2 || next === undefined).toBe(true);
      } while (cursor !== undefined);
    }
    expect(found.toSorted()).toEqual(drafts.toSorted());
  });

  it('starts none of a day without a message, nor of one that is not over for long', async () => {
    const all = await losing();
    all.clock.now = at('2026-11-03T02:10:00Z');
    await all.nightly();
    all.clock.now = NIGHT + 3 * DAY;
    await all.nightly();
    expect((await all.jobs.list({ limit: 10 })).items).toEqual([]);
  });

  it('starts again what has not ended, be it the first', async () => {
    const all = await losing();
    all.clock.now = NIGHT;
    await all.nightly();
    expect(all.queued.splice(0)).toHaveLength(1);
    all.clock.now = NIGHT + DAY;
    await all.nightly();
    await all.work();
    expect(await all.jobs.get(recountId('2026-11-02'))).toMatchObject({ status: 'done' });
  });

  it('makes up for nights that failed, but not for what was before the first', async () => {
    const all = await losing();
    for (const day of [1, 2, 4]) {
      all.clock.now = NOON + day * DAY;
      await all.send(await all.asked(`of day ${day}`), { isLost: true });
      // Of the nights between, only the first comes.
      if (day === 2) continue;
      all.clock.now = NIGHT + day * DAY;
      await all.nightly();
      await all.work();
    }
    const days = (await all.jobs.list({ limit: 10 })).items.map(({ work }) => work.kind === 'recount' && work.day);
    expect(days.toSorted()).toEqual(['2026-11-03', '2026-11-04', '2026-11-05', '2026-11-06']);
    expect(await all.counted('channel:sms', '2026-11-04')).toEqual({ sent: 1 });
  });
});
