import { describe, expect, it } from 'vitest';
import { jobStore } from '../../../adapters/dynamo/jobs.ts';
import { messageStore } from '../../../adapters/dynamo/messages.ts';
import { metricsStore } from '../../../adapters/dynamo/metrics.ts';
import { recordedMessages } from '../../../adapters/dynamo/recorded-messages.ts';
import { recountStore } from '../../../adapters/dynamo/recounts.ts';
import { emptySnapshot } from '../../../core/catalog/build-snapshot.ts';
import { messageIdOfCall, profileKeyOfUser } from '../../../core/ids.ts';
import type { JobMessage } from '../../../core/jobs/job.ts';
import type { Source } from '../../../core/messages/source.ts';
import type { Move } from '../../../core/messages/standing.ts';
import type { MetricEvent } from '../../../core/metrics/metric-event.ts';
import { messageMetricEvents, moveEvents } from '../../../core/metrics/published-events.ts';
import { recordedBeside } from '../../../core/metrics/recorded.ts';
import { outcomesOf } from '../../../engine/campaigns/outcomes.ts';
import { type JobDeps, runJob } from '../../../engine/jobs/run-job.ts';
import { recount, recountId } from '../../../engine/jobs/start-job.ts';
import type { Draft } from '../../../engine/messages/ports.ts';
import { arrivals } from '../../../engine/metrics/arrivals.ts';
import { recordMetrics } from '../../../engine/metrics/record-metrics.ts';
import type { RecountDeps } from '../../../engine/metrics/recount.ts';
import { startRecounts } from '../../../engine/metrics/start-recounts.ts';
import type { Outgoing } from '../../../engine/ports.ts';
import { MemoryTables } from '../../protocols/memory.ts';
import { TABLES } from '../../protocols/tables.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const at = (text: string): number => Date.parse(text);
const NOON = at('2026-11-02T12:00:00Z');
const NIGHT = at('2026-11-03T03:23:00Z');
const profile = profileKeyOfUser('recount');
const source = { kind: 'journey', id: 'wake', version: 1, node: 'mail', run: 'r' } as const;
const template = { id: 'letter', version: 1 };

/** Messages that are sent and heard of, whose counting may be lost, and a night on which they are counted again. */
function world() {
  const { client } = new MemoryTables();
  const clock = { now: NOON };
  const messages = messageStore(client, TABLES.messages);
  const metrics = metricsStore(client, TABLES.metrics);
  const queued: Outgoing[] = [];
  const reported: number[] = [];
  const logged: string[] = [];
  const jobs = jobStore(client, TABLES.catalog);
  const recounting: RecountDeps = {
    messages: recordedMessages(client, TABLES.messages),
    recounts: recountStore(client, TABLES.metrics),
    report: (drift) => void reported.push(drift),
    clock: () => clock.now,
    log: { warn: (line) => void logged.push(line) },
  };
  const queue = { send: async (sent: Outgoing[]) => void queued.push(...sent) };
  // A recount asks for nothing else.
  const deps = { jobs, recounting, queue, pointerMaxAgeMs: 0, clock: () => clock.now } as unknown as JobDeps;
  let serial = 0;

  const lost: MetricEvent[] = [];
  const count = async (events: MetricEvent[]): Promise<void> => {
    const nowhere = { send: async () => {} };
    const catalog = {
      snapshot: async () => ({ snapshot: emptySnapshot(), pointer: { version: 1, channels: {}, journeys: {} } }),
    };
    const log = { debug() {}, info() {}, warn() {}, error() {} };
    const all = {
      ...{ metrics, catalog, guardrails: nowhere, again: nowhere, report() {}, log },
      arrivals: arrivals(),
      facts: { write: async () => {} },
      clock: () => clock.now,
    };
    serial += 1;
    await recordMetrics(all, [{ id: `counted-${serial}`, metricEvents: events }]);
  };
  const publish = (events: MetricEvent[], isLost: boolean) => (isLost ? void lost.push(...events) : count(events));

  async function asked(name: string, by: Source = source): Promise<Draft> {
    const id = messageIdOfCall(profile, clock.now, name);
    return { id, profile, channel: 'sms', template, source: by, at: clock.now, request: {} } as unknown as Draft;
  }
  /** What a write has moved it from and to, as its writer publishes it. */
  async function move(draft: Draft, moved: Promise<Move | false>, isLost = false): Promise<void> {
    const by = await moved;
    expect(by).not.toBe(false);
    await publish(moveEvents(draft, by || {}, clock.now), isLost);
  }
  async function refuse(draft: Draft): Promise<void> {
    await move(draft, messages.refuse(draft, 'suppressed', 'daily-cap', clock.now));
    await publish(messageMetricEvents(draft, { metric: 'suppressed', detail: 'daily-cap' }, clock.now), false);
  }
  /** What is lost was written to the row, and its writer died before it was counted. */
  async function send(draft: Draft, { isLost = false } = {}): Promise<void> {
    await messages.take(draft, 'owner', clock.now, clock.now + HOUR);
    await messages.sent(draft.id, 'owner', clock.now, 'sms', 'p');
    await publish(messageMetricEvents(draft, { metric: 'sent' }, clock.now, clock.now), isLost);
  }
  async function hear(draft: Draft, receipt: 'delivered' | 'clicked', heardAt: number, isLost = false): Promise<void> {
    const recorded = recordedBeside(heardAt, clock.now);
    const isNew = await messages.receive(draft.id, receipt, { at: heardAt, channel: 'sms', ...recorded });
    expect(isNew).not.toBe(false);
    await publish(messageMetricEvents(draft, { metric: receipt, ...recorded }, heardAt), isLost);
  }
  const start = () => recount({ jobs, queues: { jobs: queue }, clock: () => clock.now }, dayBefore(clock.now));
  /** Delivers what is queued, so many times each. */
  async function work(times = 1): Promise<void> {
    for (let one = queued.shift(); one !== undefined; one = queued.shift())
      for (let n = 0; n < times; n += 1) await runJob(deps, one.body as JobMessage);
  }
  const night = async (now = NIGHT) => {
    clock.now = now;
    await start();
    await work();
  };
  const counted = async (scope: string, day = '2026-11-02') => (await metrics.read(scope, day, day))[0]?.counts ?? {};
  return {
    clock,
    jobs,
    deps,
    recounting,
    queued,
    reported,
    logged,
    lost,
    count,
    asked,
    send,
    move,
    refuse,
    messages,
    metrics,
    hear,
    start,
    work,
    night,
    counted,
    nightly: () =>
      startRecounts({ jobs, messages: recounting.messages, queues: { jobs: queue }, clock: () => clock.now }),
  };
}

async function shardsWithMessages(recordedOn: RecountDeps['messages']['recordedOn']): Promise<number[]> {
  const shards = [...Array(16).keys()];
  const pages = await Promise.all(shards.map((shard) => recordedOn('2026-11-02', shard, { limit: 1 })));
  return shards.filter((shard) => (pages[shard]?.ids.length ?? 0) > 0);
}

const dayBefore = (now: number) => new Date(now - DAY).toISOString().slice(0, 10);
const SCOPES = ['journey:wake', 'journey:wake:mail', 'channel:sms', 'template:letter'];

/** Three messages; of one, the sending was never counted, of another the delivery. */
async function losing() {
  const all = world();
  for (const name of ['one', 'two', 'three']) {
    const draft = await all.asked(name);
    await all.send(draft, { isLost: name === 'two' });
    await all.hear(draft, 'delivered', all.clock.now + 1_000, name === 'three');
  }
  expect(await all.counted('channel:sms')).toEqual({ sent: 2, delivered: 2 });
  return all;
}
const MENDED = { sent: 3, delivered: 3 };

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
    await all.move(draft, messages.receive(draft.id, 'delivered', { at: NOON, recordedAt: clock.now }), true);
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
