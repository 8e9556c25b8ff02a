import { expect } from 'vitest';
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
import { messageMetricEvents, moveEvents } from '../../../core/metrics/message-events.ts';
import type { MetricEvent } from '../../../core/metrics/metric-event.ts';
import { recordedBeside } from '../../../core/metrics/recorded.ts';
import { type JobDeps, runJob } from '../../../engine/jobs/run-job.ts';
import { recount } from '../../../engine/jobs/start-job.ts';
import type { Draft } from '../../../engine/messages/ports.ts';
import { arrivals } from '../../../engine/metrics/arrivals.ts';
import { recordMetrics } from '../../../engine/metrics/record-metrics.ts';
import type { RecountDeps } from '../../../engine/metrics/recount.ts';
import { startRecounts } from '../../../engine/metrics/start-recounts.ts';
import type { Outgoing } from '../../../engine/ports.ts';
import { MemoryTables } from '../../protocols/memory.ts';
import { TABLES } from '../../protocols/tables.ts';

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
export const at = (text: string): number => Date.parse(text);
export const NOON = at('2026-11-02T12:00:00Z');
export const NIGHT = at('2026-11-03T03:23:00Z');
const profile = profileKeyOfUser('recount');
const source = { kind: 'journey', id: 'wake', version: 1, node: 'mail', run: 'r' } as const;
const template = { id: 'letter', version: 1 };

/** Messages that are sent and heard of, whose counting may be lost, and a night on which they are counted again. */
export function world() {
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

const dayBefore = (now: number) => new Date(now - DAY).toISOString().slice(0, 10);
export const SCOPES = ['journey:wake', 'journey:wake:mail', 'channel:sms', 'template:letter'];

/** Three messages; of one, the sending was never counted, of another the delivery. */
export async function losing() {
  const all = world();
  for (const name of ['one', 'two', 'three']) {
    const draft = await all.asked(name);
    await all.send(draft, { isLost: name === 'two' });
    await all.hear(draft, 'delivered', all.clock.now + 1_000, name === 'three');
  }
  expect(await all.counted('channel:sms')).toEqual({ sent: 2, delivered: 2 });
  return all;
}
export const MENDED = { sent: 3, delivered: 3 };
