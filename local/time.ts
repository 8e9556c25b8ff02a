import { type LocalClock, realNow } from './clock.ts';
import type { Lambdas } from './lambdas.ts';
import type { startPollers } from './pollers.ts';
import { type Work, watchProgress } from './progress.ts';
import type { Queues } from './queues.ts';
import type { Engine } from './states/engine.ts';
import type { Tables } from './tables.ts';

/** Something at this instant does not come to rest. */
export class HangingError extends Error {
  override readonly name = 'HangingError';
}
/** The cloud was reset while something moved it through time. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
}

/** On a real clock: how often what is due is looked for, and how often the schedule fires. */
const BEAT_MS = 100;
const TICK_MS = 60_000;
const NIGHT_MS = 24 * 3600_000;
/** A due item that its tick does not move is its consumer's business; it is not ticked for ever. */
const MAX_TICKS = 5;

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
  /** The virtual clock was moved, and nothing has happened at the new instant yet. */
  onMove: () => void;
}) {
  const { clock, tables, queues, engine, lambdas, pollers } = parts;
  let beat: NodeJS.Timeout | undefined;
  let nextTick = 0;
  let nextNight = 0;
  let isStopped = false;
  /** Resets so far: whoever moves through time ends when it changes. */
  let era = 0;
  const movers = new Set<Promise<unknown>>();
  let lastMove: Promise<unknown> = Promise.resolve();

  const isBusy = (): boolean =>
    pollers.isBusy() || engine.isBusy() || lambdas.active().length > 0 || parts.httpInFlight() > 0;
  const tick = async (): Promise<void> => {
    await lambdas.invokeArn(parts.tick, {}).catch((error: unknown) => complain('tick', error));
  };
  const night = async (): Promise<void> => {
    nextNight = clock.now() + NIGHT_MS;
    for (const arn of parts.nightly)
      await lambdas.invokeArn(arn, {}).catch((error: unknown) => complain('nightly', error));
  };
  const complain = (what: string, error: unknown): void => {
    if (!isStopped && !(error instanceof InterruptedError)) console.error(`${what}:`, error);
  };
  const pump = (): void => {
    if (isStopped) return;
    engine.pump();
    pollers.schedule();
  };

  /** False: given up before nothing was in flight any more. */
  async function rest(isGivenUp: () => boolean): Promise<boolean> {
    for (let still = 0; still < 2; ) {
      pump();
      await turn();
      if (isBusy()) {
        still = 0;
        if (isGivenUp()) return false;
        await pause();
      } else still += 1;
    }
    return true;
  }

  /** False: still busy after so many ms of real time. */
  function quiet(ms: number): Promise<boolean> {
    const deadline = realNow() + ms;
    return rest(() => realNow() > deadline);
  }

  const work: Work = {
    done: () => lambdas.done() + engine.transitions(),
    left: () => pollers.backlog() + engine.backlog() + lambdas.active().length + parts.httpInFlight(),
  };

  function hanging(): string {
    const names = [...lambdas.active(), ...pollers.waiting().map((queue) => `messages on ${queue}`)];
    if (engine.isBusy()) names.push('executions');
    if (parts.httpInFlight() > 0) names.push('requests');
    return names.join(', ') || 'nothing that can be named';
  }

  /** What falls due next, as far as the tables know. */
  async function settleNow(): Promise<number | undefined> {
    const [began, hasHung] = [era, watchProgress(work, realNow)];
    const ticked = new Map<number, number>();
    for (;;) {
      const isAtRest = await rest(() => era !== began || hasHung());
      if (era !== began) throw new InterruptedError('reset');
      if (!isAtRest) throw new HangingError(hanging());
      const due = await tables.nextDue();
      if (era !== began) throw new InterruptedError('reset');
      if (due === undefined || due > clock.now() || (ticked.get(due) ?? 0) >= MAX_TICKS) return due;
      ticked.set(due, (ticked.get(due) ?? 0) + 1);
      await tick();
    }
  }

  function moveTo(at: number): void {
    clock.moveTo(at);
    parts.onMove();
  }

  async function advanceTo(to: number): Promise<void> {
    let due = await settleNow();
    for (;;) {
      const now = clock.now();
      const instants = [queues.nextInstant(), engine.nextInstant(), due].filter(
        (at) => at !== undefined && at > now,
      ) as number[];
      const next = Math.min(...instants);
      if (!Number.isFinite(next) || next > to) break;
      moveTo(next);
      due = await settleNow();
    }
    moveTo(to);
    await settleNow();
  }

  async function asMover<Result>(moving: Promise<Result>): Promise<Result> {
    movers.add(moving);
    try {
      return await moving;
    } finally {
      movers.delete(moving);
    }
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
    /** What falls due next. @throws HangingError, InterruptedError */
    settle: () => asMover(settleNow()),
    /** One after the other; `to` is asked when its turn comes. @throws HangingError, InterruptedError */
    advance(to: () => number): Promise<void> {
      const began = era;
      const turn = lastMove.then(async () => {
        if (era !== began) throw new InterruptedError('reset');
        await advanceTo(to());
      });
      lastMove = turn.catch(() => undefined);
      return asMover(turn);
    },
    /** Ends whoever settles or advances, for a reset. */
    async interrupt(): Promise<void> {
      era += 1;
      await Promise.allSettled(movers);
    },
    quiet,
    /** A real clock beats; on a virtual one, what fell due before the start is worked now. */
    begin(): void {
      if (clock.isVirtual)
        night()
          .then(() => asMover(settleNow()))
          .catch((error: unknown) => complain('start', error));
      else beat = setInterval(onBeat, BEAT_MS);
    },
    stop(): void {
      isStopped = true;
      clearInterval(beat);
    },
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));
