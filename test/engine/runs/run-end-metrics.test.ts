import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { emptySnapshot } from '../../../core/catalog/build-snapshot.ts';
import { endsInConditions } from '../../../core/journeys/ends-in-conditions.ts';
import { JourneySchema } from '../../../core/journeys/schema.ts';
import type { Step } from '../../../core/journeys/walk-ports.ts';
import { counterOf } from '../../../core/metrics/buckets.ts';
import type { MetricEvent } from '../../../core/metrics/metric-event.ts';
import type { NewRun } from '../../../core/profiles/activity.ts';
import type { Plan, Run } from '../../../core/runs/run.ts';
import { archiveRun } from '../../../engine/jobs/archive-run.ts';
import type { ProfileDeps } from '../../../engine/profiles/deps.ts';
import { executeEffects } from '../../../engine/profiles/execute-effects.ts';
import { closeArchivedRun } from '../../../engine/runs/archived-runs.ts';
import { withMetrics } from '../../../engine/runs/commit-plan.ts';
import type { RunDeps } from '../../../engine/runs/deps.ts';
import { finish } from '../../../engine/runs/finish-plan.ts';

const NOW = Date.parse('2026-11-02T01:00:00Z');
const RUN = { entry: 'e', journey: 'j', version: 1, profile: 'p', status: 'open', leg: 1, step: 1, visits: {} };
const OTHER = JourneySchema.parse({
  name: 'Other',
  owner: 'growth',
  entry: { event: 'Went' },
  audience: { journey: 'j', ended: 'done' },
  start: 'done',
  nodes: { done: { type: 'end' } },
});
/** A live rule asks how runs of the journey end. */
const ASKING = { ...emptySnapshot(), subscribedEvents: { other: endsInConditions(OTHER) } };
const ENDING = { n: 0, at: NOW, actions: [], next: { kind: 'end', outcome: 'done' } } as unknown as Plan;

/** `isMine`: whether this executor's write closes the run. `events`: names that were sent to the profile. */
function start(reason: string, isMine: boolean, status = 'open') {
  const counted: string[] = [];
  const events: unknown[] = [];
  const run = { ...RUN, status: 'closed', reason, outcome: reason, closedAt: NOW };
  const write = async () => isMine;
  let isRead = status !== 'open';
  const deps = {
    runs: {
      close: write,
      create: write,
      get: async () => {
        const now = isRead ? run : { ...RUN, status: 'open' };
        isRead = true;
        return now as unknown as Run;
      },
    },
    catalog: { snapshot: async () => ({ snapshot: ASKING }) },
    profiles: { home: async () => ({ key: 'p' }), storedEffects: async (effects: unknown) => effects },
    events: { send: async (messages: unknown[]) => void events.push(...messages) },
    enrolments: { send: async () => undefined },
    due: { send: async () => undefined },
    stopExecutions: { send: async () => undefined },
    tasks: { close: async () => undefined },
    metricEvents: { publish: async (published: MetricEvent[]) => void counted.push(...published.map(counterOf)) },
    clock: () => NOW,
  };
  return { deps, counted, events };
}

describe('a run’s end is sent by every executor that finds it, and counted by the one whose write closed the run:', () => {
  it('by the commit of its plan, which a replay only executes', async () => {
    const { deps, counted, events } = start('ended', true, 'closed');
    const run = { ...RUN, status: 'closed' } as unknown as Run;
    const end = () => finish(deps as unknown as RunDeps, run, ENDING);
    await withMetrics(deps as unknown as RunDeps, run, { plan: ENDING, way: [] }, end);
    expect([counted, events.length]).toEqual([['outcome:done'], 1]);
    await end();
    expect([counted, events.length]).toEqual([['outcome:done'], 2]);
  });

  it('by the commit of its plan, before the invocation ends: also if an action failed, as no retry counts it', async () => {
    const { deps, counted } = start('ended', true, 'closed');
    const slow = {
      async publish(all: MetricEvent[]) {
        await setImmediate();
        await deps.metricEvents.publish(all);
      },
    };
    const run = { ...RUN, status: 'closed' } as unknown as Run;
    const failing = () => Promise.reject(new Error('no room'));
    const ended = withMetrics(
      { ...deps, metricEvents: slow } as unknown as RunDeps,
      run,
      { plan: ENDING, way: [] },
      failing,
    );
    await expect(ended).rejects.toThrow('no room');
    expect(counted).toEqual(['outcome:done']);
  });

  it('by the commit of its plan, though the goals before its splits cannot be read', async () => {
    const { deps, counted } = start('ended', true, 'closed');
    const catalog = { snapshot: () => Promise.reject(new Error('throttled')) };
    const run = { ...RUN, status: 'closed' } as unknown as Run;
    const way = [{ from: 'test', way: 'a', to: 'done' }] as unknown as Step[];
    const ended = withMetrics(
      { ...deps, catalog } as unknown as RunDeps,
      run,
      { plan: ENDING, way },
      async () => 'done',
    );
    await expect(ended).rejects.toThrow('throttled');
    expect(counted).toContain('outcome:done');
  });

  it.each([
    [true, ['outcome:archived']],
    [false, []],
  ])('by the archive of its journey, found at a step (%s)', async (isMine, expected) => {
    const { deps, counted, events } = start('archived', isMine, 'closed');
    await closeArchivedRun(deps as unknown as RunDeps, RUN as unknown as Run);
    expect([counted, events.length]).toEqual([expected, 1]);
  });

  it('by the archive job, which a broken page repeats', async () => {
    const first = start('archived', true);
    await archiveRun(first.deps as unknown as Parameters<typeof archiveRun>[0], 'e');
    expect([first.counted, first.events.length]).toEqual([['outcome:archived'], 1]);
    const repeat = start('archived', false, 'closed');
    await archiveRun(repeat.deps as unknown as Parameters<typeof archiveRun>[0], 'e');
    expect([repeat.counted, repeat.events.length]).toEqual([[], 1]);
  });

  it.each([
    [true, ['entered', 'outcome:bought']],
    [false, []],
  ])('by an exit before its entry was worked (%s)', async (isMine, expected) => {
    const { deps, counted, events } = start('exited', isMine, 'closed');
    const run = { ...RUN, at: NOW, bornExited: { outcome: 'bought' } } as unknown as NewRun;
    await executeEffects(deps as unknown as ProfileDeps, 'p', [{ kind: 'enter', run, at: run.at }]);
    expect([counted, events.length]).toEqual([expected, 1]);
  });
});
