import { describe, expect, it } from 'vitest';
import type { JobMessage } from '../../../core/jobs/job.ts';
import { outcomesOf } from '../../../engine/campaigns/outcomes.ts';
import { runJob } from '../../../engine/jobs/run-job.ts';
import { recountId } from '../../../engine/jobs/start-job.ts';
import { at, DAY, HOUR, losing, MENDED, NIGHT, NOON, SCOPES, world } from './recount-harness.ts';

describe('a count that was lost between the row and the counter', () => {
  it('is added in the night, and reported', async () => {
    const all = await losing();
    await all.night();
    for (const scope of SCOPES) expect(await all.counted(scope), scope).toEqual(MENDED);
    // Two facts, each in four scopes.
    expect([all.reported, all.logged]).toEqual([[8], ['counters were too low']]);
    expect(await all.jobs.get(recountId('2026-11-02'))).toMatchObject({ status: 'done', done: 3 });
  });

  it('is added once, though each message of the job comes three times, and the job is started again', async () => {
    const all = await losing();
    all.clock.now = NIGHT;
    await all.start();
    await all.start();
    await all.work(3);
    await all.start();
    await all.work();
    for (const scope of SCOPES) expect(await all.counted(scope), scope).toEqual(MENDED);
    expect(all.reported).toEqual([8]);
  });

  it('is added once by two executors that compare at the same time', async () => {
    const all = await losing();
    all.clock.now = NIGHT;
    await all.start();
    const [message] = all.queued.splice(0);
    await Promise.all([1, 2, 3].map(() => runJob(all.deps, message?.body as JobMessage)));
    await all.work();
    for (const scope of SCOPES) expect(await all.counted(scope), scope).toEqual(MENDED);
  });

  it('is added by the next delivery if the first dies in the middle of it', async () => {
    const all = await losing();
    const { correct } = all.recounting.recounts;
    let left = 2;
    all.recounting.recounts.correct = async (...sum) => {
      left -= 1;
      if (left < 0) throw new Error('dead');
      return correct(...sum);
    };
    all.clock.now = NIGHT;
    await all.start();
    const [message] = all.queued;
    await expect(all.work()).rejects.toThrow('dead');
    left = 100;
    await runJob(all.deps, message?.body as JobMessage);
    for (const scope of SCOPES) expect(await all.counted(scope), scope).toEqual(MENDED);
  });

  it('is added to what somebody else has added meanwhile', async () => {
    const all = await losing();
    const { counters } = all.recounting.recounts;
    let others = 0;
    all.recounting.recounts.counters = async (scope, day) => {
      const read = await counters(scope, day);
      // Between the reading and the writing.
      if (scope === 'channel:sms' && others < 2) {
        others += 1;
        all.clock.now = NOON;
        await all.count([{ at: NOON, of: 'message', metric: 'sent', dimensions: { channel: 'sms' } }]);
        all.clock.now = NIGHT;
      }
      return read;
    };
    await all.night();
    // Two too many came, of which the rows know nothing: nothing more was added, and nothing taken.
    expect(await all.counted('channel:sms')).toEqual({ sent: 4, delivered: 3 });
    expect(await all.counted('template:letter')).toEqual(MENDED);
  });
});

describe('what is still on its way to a counter', () => {
  it('is counted by the recount, and no more when it comes', async () => {
    const all = await losing();
    await all.night();
    await all.count(all.lost);
    for (const scope of SCOPES) expect(await all.counted(scope), scope).toEqual(MENDED);
  });

  it('is left to the recount as soon as that might begin', async () => {
    const all = await losing();
    all.clock.now = at('2026-11-03T02:00:00Z');
    await all.count(all.lost);
    expect(await all.counted('channel:sms')).toEqual({ sent: 2, delivered: 2 });
    await all.night();
    expect(await all.counted('channel:sms')).toEqual(MENDED);
  });

  it('is counted as it comes until then, and the recount finds nothing', async () => {
    const all = await losing();
    all.clock.now = at('2026-11-03T01:59:00Z');
    await all.count(all.lost);
    await all.night();
    expect([await all.counted('channel:sms'), all.reported]).toEqual([MENDED, [0]]);
  });

  it('of the day itself is none of the recount', async () => {
    const all = await losing();
    const draft = await all.asked('four');
    await all.send(draft);
    all.clock.now = at('2026-11-03T03:00:00Z');
    await all.hear(draft, 'delivered', all.clock.now);
    await all.night();
    expect(await all.counted('channel:sms')).toEqual({ sent: 4, delivered: 3 });
    expect(await all.counted('channel:sms', '2026-11-03')).toEqual({ delivered: 1 });
  });
});

describe('of a campaign', () => {
  const by = { kind: 'campaign', id: 'spring', version: 1, occurrence: 'o' } as const;
  const SCOPE = 'campaign:spring:o';
  /** On the day, one was suppressed; days later a person sends it again. Each message is in one of the counts. */
  async function resent(isLost: boolean) {
    const all = world();
    const draft = await all.asked('one', by);
    await all.refuse(draft);
    all.clock.now = NOON + 3 * DAY;
    await all.move(draft, all.messages.reopen(draft.id, 'by hand', all.clock.now), isLost);
    return { ...all, draft };
  }
  const outcomes = (all: ReturnType<typeof world>) => outcomesOf(all.metrics, 'spring', 'o', NOON, NOON + 9 * DAY);

  it.each([false, true])(
    'what a person sends again counts as sent alone; that it left was lost: %s',
    async (isLost) => {
      const all = await resent(isLost);
      await all.send(all.draft);
      await all.night(NOON + 4 * DAY);
      expect(await outcomes(all)).toMatchObject({ sent: 1, suppressed: {} });
      expect(await all.counted(SCOPE, '2026-11-05')).toEqual({ sent: 1, 'left:suppressed:daily-cap': 1 });
      // In the scopes of the campaign and its occurrence.
      expect(all.reported).toEqual([isLost ? 2 : 0]);
      await all.count(all.lost);
      expect(await outcomes(all)).toMatchObject({ sent: 1, suppressed: {} });
    },
  );

  it('counts again what waits, goes on, is unknown, and is settled, on the days of its row’s entries', async () => {
    const all = await resent(true);
    const { draft, messages, clock } = all;
    await all.move(draft, messages.hold(draft, 'sms', clock.now), true);
    clock.now += DAY;
    await all.move(draft, messages.defer(draft, 'outside-window', undefined, clock.now), true);
    clock.now += DAY;
    await all.move(draft, messages.take(draft, 'owner', clock.now, clock.now + HOUR), true);
    clock.now += DAY;
    await all.move(draft, messages.unknown(draft.id, 'owner', clock.now, 'silence'), true);
    for (let day = 4; day <= 7; day += 1) await all.night(NOON + day * DAY);
    expect(await outcomes(all)).toEqual({ sent: 0, suppressed: {}, failed: {}, unknown: 1, deferred: 0, held: 0 });
    clock.now += HOUR;
    const heard = messages.receive(draft.id, 'delivered', { at: NOON, recordedAt: clock.now });
    await all.move(
      draft,
      heard.then((found) => (found ? found.move : found)),
      true,
    );
    await all.night(NOON + 8 * DAY);
    expect(await outcomes(all)).toEqual({ sent: 1, suppressed: {}, failed: {}, unknown: 0, deferred: 0, held: 0 });
    expect(all.logged).not.toContain('counters are too high');
  });

  it('knows a node’s way of a journey from what its messages have left', async () => {
    const all = await losing();
    await all.count([
      { at: NOON, of: 'node', metric: 'left', detail: 'end', dimensions: { journey: 'wake', node: 'mail' } },
    ]);
    await all.night();
    expect(await all.counted('journey:wake:mail')).toEqual({ ...MENDED, 'left:end': 1 });
    expect(all.logged).not.toContain('counters are too high');
    // It is counted as it comes, however late.
    await all.count([
      { at: NOON, of: 'node', metric: 'left', detail: 'end', dimensions: { journey: 'wake', node: 'mail' } },
    ]);
    expect(await all.counted('journey:wake:mail')).toEqual({ ...MENDED, 'left:end': 2 });
  });

  it('counts the take of a message that waited, though its provider throttled it before', async () => {
    const all = world();
    const first = await all.asked('one', by);
    const draft = { ...first, request: { ...first.request, throttled: 3 } };
    await all.move(draft, all.messages.hold(draft, 'sms', all.clock.now));
    await all.move(draft, all.messages.take(draft, 'owner', all.clock.now, all.clock.now + HOUR), true);
    await all.messages.release(draft.id, 'owner', all.clock.now, undefined);
    // And the next tries are not.
    for (let n = 0; n < 3; n += 1) {
      await all.move(draft, all.messages.take(draft, 'owner', all.clock.now, all.clock.now + HOUR));
      await all.messages.release(draft.id, 'owner', all.clock.now, undefined);
    }
    expect((await all.messages.get(draft.id))?.history.map(({ status }) => status)).toEqual(['held', 'sending']);
    await all.night();
    expect(await outcomes(all)).toMatchObject({ held: 0 });
  });
});
