import { type LocalClock, realNow } from './clock.ts';
import type { Lambdas } from './lambdas.ts';
import type { startPollers } from './pollers.ts';
import type { Queues } from './queues.ts';
import type { Engine } from './states/engine.ts';
import type { Tables } from './tables.ts';

/** Something at this instant does not come to rest. */
export class HangingError extends Error {
  override readonly name = 'HangingError';
}

const SETTLE_MS = 60_000;
/** On a real clock: how often what is due is looked for, and how often the schedule fires. */
const BEAT_MS = 100;
const TICK_MS = 60_000;
const NIGHT_MS = 24 * 3600_000;
/** A due item that its tick does not move is its consumer's business; it is not ticked for ever. */
const MOST_TICKS = 5;

export type Time = ReturnType<typeof startTime>;

/** Moves the cloud through time: settles what is in flight at an instant, and goes from one due instant to the next. */
export function startTime(parts: {
  clock: LocalClock;
  tables: Tables;
  queues: Queues;
  engine: Engine;
  lambdas: Lambdas;
  pollers: ReturnType<typeof startPollers>;
  /** ARN of the function that the schedule of every minute invokes. */
  tick: string;
  /** Of those of every night, which mend what was lost: at the start, which may follow a kill, and once a day of a real clock. */
  nightly: string[];
  httpInFlight: () => number;
}) {
  const { clock, tables, queues, engine, lambdas, pollers } = parts;
  let beat: NodeJS.Timeout | undefined;
  let nextTick = 0;
  let nextNight = 0;

  const isBusy = (): boolean =>
    pollers.isBusy() || engine.isBusy() || lambdas.active().length > 0 || parts.httpInFlight() > 0;
  const tick = async (): Promise<void> => {
    await lambdas.invokeArn(parts.tick, {}).catch((error: unknown) => console.error('tick:', error));
  };
  const night = async (): Promise<void> => {
    nextNight = clock.now() + NIGHT_MS;
    for (const arn of parts.nightly)
      await lambdas.invokeArn(arn, {}).catch((error: unknown) => console.error('nightly:', error));
  };
  const pump = (): void => {
    engine.pump();
    pollers.schedule();
  };

  /** False: still busy after so many ms of real time. */
  async function quiet(ms: number): Promise<boolean> {
    const deadline = realNow() + ms;
    for (let still = 0; still < 2; ) {
      pump();
      await turn();
      if (isBusy()) {
        still = 0;
        if (realNow() > deadline) return false;
        await pause();
      } else still += 1;
    }
    return true;
  }

  function hanging(): string {
    const names = [...lambdas.active(), ...pollers.waiting().map((queue) => `messages on ${queue}`)];
    if (engine.isBusy()) names.push('executions');
    if (parts.httpInFlight() > 0) names.push('requests');
    return names.join(', ') || 'nothing that can be named';
  }

  /** What falls due next, as far as the tables know. */
  async function settle(): Promise<number | undefined> {
    const deadline = realNow() + SETTLE_MS;
    const ticked = new Map<number, number>();
    for (;;) {
      if (!(await quiet(Math.max(0, deadline - realNow())))) throw new HangingError(hanging());
      const due = await tables.nextDue();
      if (due === undefined || due > clock.now() || (ticked.get(due) ?? 0) >= MOST_TICKS) return due;
      ticked.set(due, (ticked.get(due) ?? 0) + 1);
      await tick();
    }
  }

  async function advance(to: number): Promise<void> {
    let due = await settle();
    for (;;) {
      const now = clock.now();
      const instants = [queues.nextInstant(), engine.nextInstant(), due].filter(
        (at) => at !== undefined && at > now,
      ) as number[];
      const next = Math.min(...instants);
      if (!Number.isFinite(next) || next > to) break;
      clock.moveTo(next);
      due = await settle();
    }
    clock.moveTo(to);
    await settle();
  }

  function onBeat(): void {
    pump();
    if (clock.now() >= nextNight) void night();
    if (clock.now() < nextTick) return;
    nextTick = clock.now() + TICK_MS;
    void tick();
  }

  return {
    isBusy,
    settle,
    advance,
    quiet,
    /** A real clock beats; on a virtual one, what fell due before the start is worked now. */
    begin(): void {
      if (clock.isVirtual)
        night()
          .then(settle)
          .catch((error: unknown) => console.error('start:', error));
      else beat = setInterval(onBeat, BEAT_MS);
    },
    stop: () => clearInterval(beat),
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));
