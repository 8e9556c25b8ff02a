import { describe, expect, it } from 'vitest';
import { profileKeyOfUser } from '../../core/ids.ts';
import type { MetricEvent } from '../../core/metrics/metric-event.ts';
import type { EnrolmentMessage, StepInput } from '../../core/runs/run.ts';
import type { Outgoing } from '../../engine/ports.ts';
import { processEvents } from '../../engine/profiles/process-events.ts';
import { advanceRun } from '../../engine/runs/advance-run.ts';
import { RunLeft } from '../../engine/runs/deps.ts';
import { startRun } from '../../engine/runs/start-run.ts';
import { inMemory, simulation } from './check-history.ts';
import { Invocation, Turns } from './faults.ts';
import { Script } from './script.ts';

/** The answer to a write of a run is lost, and before the SDK repeats it others move the run on: the write counts all the same, and once. */

const MINUTE = 60_000;
const key = profileKeyOfUser('overtaken-u');

/** An invocation whose `at`-th call is carried out without an answer: `meanwhile` comes before it is repeated. */
class Losing extends Turns {
  readonly invocation: Invocation;
  hasLost = false;
  private isLosing: 'no' | 'first' | 'repeat' = 'no';
  private readonly meanwhile: () => Promise<unknown>;

  constructor(at: number, meanwhile: () => Promise<unknown>) {
    super(() => 0);
    this.meanwhile = meanwhile;
    let calls = 0;
    const fault = () => {
      calls += 1;
      if (calls !== at) return undefined;
      this.isLosing = 'first';
      this.hasLost = true;
      return 'unanswered' as const;
    };
    this.invocation = new Invocation({ fault }, this);
  }

  override async wait(): Promise<void> {
    const { isLosing } = this;
    this.isLosing = isLosing === 'first' ? 'repeat' : 'no';
    if (isLosing === 'repeat') await this.meanwhile();
  }
}

/** A customer, what all executors count of their run, and what they enrol. */
async function known() {
  const sim = simulation(inMemory);
  const [identified, subscribed] = new Script('overtaken').identify('u', 0).track('user', 'u', 0, 'Subscribed').posts;
  const entry = subscribed?.message;
  if (identified?.message === undefined || entry === undefined) throw new Error('no posts');
  sim.ingest(identified.message, identified.group);
  await sim.settle();
  const counted: string[] = [];
  const enrolled: EnrolmentMessage[] = [];
  const noting = {
    metricEvents: {
      publish: async (events: MetricEvent[]) =>
        void counted.push(
          ...events.map(({ metric, detail = '', dimensions: { journey, node = '' } }) =>
            [journey, node, metric, detail].join(' '),
          ),
        ),
    },
    enrolments: {
      send: async (all: Outgoing[]) => void enrolled.push(...all.map(({ body }) => body as EnrolmentMessage)),
    },
  };
  const start = (message: EnrolmentMessage, invocation = new Invocation()) =>
    startRun({ ...sim.runDeps(invocation), ...noting }, message);
  const step = (entry: string, n: number, stop: string, invocation = new Invocation()) => {
    const input: StepInput = { entry, leg: 1, n, stop, cause: 'wait', enteredAt: new Date(sim.now).toISOString() };
    return advanceRun({ ...sim.runDeps(invocation), ...noting }, input).catch((error: unknown) => {
      if (!(error instanceof RunLeft)) throw error;
    });
  };
  const process = (invocation = new Invocation()) => {
    const deps = { ...sim.profileDeps(invocation), ...noting };
    return processEvents(deps, entry, { attributes: { MessageGroupId: key } });
  };
  return { sim, counted, enrolled, start, step, process, runs: sim.stores(new Invocation()).runs };
}
type Known = Awaited<ReturnType<typeof known>>;

/** A run of `letters` that nobody has begun. */
async function created({ sim, runs }: Known): Promise<EnrolmentMessage> {
  const run = { profile: key, journey: 'letters', version: 1, key: '', at: sim.now, data: {} };
  await runs.create({ ...run, entry: 'e' }, sim.now);
  return { entry: 'e', leg: 1, created: { ...run, createdAt: sim.now } };
}
const exits = ({ runs, sim }: Known) => runs.close('e', 'exited', sim.now, 'bought');

interface Overtaken {
  /** What one executor does, by an invocation that loses an answer. */
  one: (all: Known, invocation?: Invocation) => Promise<unknown>;
  /** What others do before the repeat. */
  others: (all: Known) => Promise<unknown>;
  prepare?: (all: Known) => Promise<unknown>;
}

const HISTORIES: Record<string, Overtaken> = {
  'a leg that is begun, and whose run goes on to its end': {
    one: async (all, invocation) => all.start({ entry: 'e', leg: 1 }, invocation),
    others: async (all) => {
      await all.start({ entry: 'e', leg: 1 });
      await onwards(all);
    },
    prepare: created,
  },
  'a leg that is begun, and whose run exits': {
    one: (all, invocation) => all.start({ entry: 'e', leg: 1 }, invocation),
    others: async (all) => {
      await all.start({ entry: 'e', leg: 1 });
      await exits(all);
    },
    prepare: created,
  },
  'a stop that is left, and whose run goes on to its end': {
    one: (all, invocation) => all.step('e', 1, 'rest', invocation),
    others: onwards,
    prepare: begun,
  },
  'a stop that is left, and whose run exits': {
    one: (all, invocation) => all.step('e', 1, 'rest', invocation),
    others: async (all) => {
      await all.step('e', 1, 'rest');
      await exits(all);
    },
    prepare: begun,
  },
  'an entry whose run goes on': {
    one: ({ process }, invocation) => process(invocation),
    others: async (all) => {
      await all.process();
      for (const message of all.enrolled.splice(0)) await all.start(message);
    },
  },
};

async function begun(all: Known): Promise<void> {
  await all.start(await created(all));
  all.sim.now += 60 * MINUTE;
}

/** Another executor leaves the stop, if nobody has, and the next one. */
async function onwards({ sim, step }: Known): Promise<void> {
  sim.now += 60 * MINUTE;
  await step('e', 1, 'rest');
  sim.now += 120 * MINUTE;
  await step('e', 2, 'longer');
}

describe('what is written twice, and overtaken in between, is counted once:', () => {
  it.each(Object.keys(HISTORIES))('%s', async (title) => {
    const { one, others, prepare } = HISTORIES[title] as Overtaken;
    const clean = await known();
    await prepare?.(clean);
    await one(clean);
    await others(clean);
    expect(clean.counted.length).toBeGreaterThan(0);
    for (let at = 1; ; at += 1) {
      const all = await known();
      await prepare?.(all);
      const losing = new Losing(at, () => others(all));
      await one(all, losing.invocation);
      if (!losing.hasLost) break;
      expect(all.counted.toSorted(), `call ${at}`).toEqual(clean.counted.toSorted());
    }
  });
});
