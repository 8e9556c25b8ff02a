import type { Alarms } from './alarms.ts';
import { type LocalClock, realNow } from './clock.ts';
import type { Lambdas } from './lambdas.ts';
import { type Nightly, NightlySchedules } from './nightly-schedules.ts';
import type { Pollers } from './pollers.ts';
import { type Work, watchProgress } from './progress.ts';
import type { Queues } from './queues.ts';
import type { Engine } from './states/engine.ts';
import type { Tables } from './tables.ts';

/** Work at this instant does not end. */
export class HangingError extends Error {
  override readonly name = 'HangingError';
}
/** The cloud was reset while its clock was being moved. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
}

/** On a real clock: interval between searches for due work, and interval of the schedule. */
const POLL_MS = 100;
const SCHEDULE_MS = 60_000;
/** On a real clock, alarms are evaluated so often, if anything came. */
const ALARMS_MS = 5_000;
/** Most calls of the functions of every minute for one due item: if they do not move it, its consumer is at fault. */
const MAX_CALLS = 5;

interface Parts {
  clock: LocalClock;
  tables: Tables;
  queues: Queues;
  engine: Engine;
  lambdas: Lambdas;
  pollers: Pollers;
  alarms: Pick<Alarms, 'evaluate' | 'nextInstant'>;
  /** ARNs of the functions that schedules of every minute invoke: they work what is due. */
  everyMinute: string[];
  /**
   * Functions of the nightly schedules, which repair what was lost. They run at the start, because it may follow a kill, and then once a day; on a virtual
   * clock at their hour, for as many nights as something that happened may matter to them.
   */
  nightly: Nightly[];
  httpInFlight: () => number;
  /** The virtual clock was moved, and no work has started at the new instant yet. */
  onMove: () => void;
}

export const startTime = (parts: Parts): Time => new Time(parts);

/** Moves the clock: finishes the work at an instant, and goes from one due instant to the next. */
export class Time {
  private readonly parts: Parts;
  private readonly work: Work;
  private readonly nightly: NightlySchedules;
  private polling: NodeJS.Timeout | undefined;
  private nextScheduleAt = 0;
  private nextAlarmsAt = 0;
  private isStopped = false;
  /** Number of resets so far: a move of the clock ends when it changes. */
  private resets = 0;
  private readonly movers = new Set<Promise<unknown>>();
  private lastMove: Promise<unknown> = Promise.resolve();

  constructor(parts: Parts) {
    this.parts = parts;
    const { engine, lambdas, pollers, httpInFlight } = parts;
    this.work = {
      done: () => lambdas.done() + engine.transitions(),
      left: () => pollers.backlog() + engine.backlog() + lambdas.active().length + httpInFlight(),
    };
    this.nightly = new NightlySchedules({
      functions: parts.nightly,
      now: () => parts.clock.now(),
      invoke: (arn) => lambdas.invokeArn(arn, {}).catch((error: unknown) => this.reportError('nightly', error)),
      done: () => this.work.done(),
    });
  }

  /** Whether anything is in flight, beside messages that wait in a batching window. */
  isBusy(): boolean {
    const { engine, lambdas, pollers, httpInFlight } = this.parts;
    return pollers.isBusy() || engine.isBusy() || lambdas.active().length > 0 || httpInFlight() > 0;
  }

  /** Returns the next due instant. @throws HangingError, InterruptedError */
  settle(): Promise<number | undefined> {
    return this.trackMove(this.settleNow());
  }

  /** One after the other; `to` is asked when its turn comes. @throws HangingError, InterruptedError */
  advance(to: () => number): Promise<void> {
    const began = this.resets;
    const moving = this.lastMove.then(async () => {
      if (this.resets !== began) throw new InterruptedError('reset');
      await this.advanceTo(to());
    });
    this.lastMove = moving.catch(() => undefined);
    return this.trackMove(moving);
  }

  /** Stops running `settle` and `advance` calls, for a reset. */
  async interrupt(): Promise<void> {
    this.resets += 1;
    await Promise.allSettled(this.movers);
  }

  /** Returns false if work is still in flight after this many ms of real time. */
  becomesIdle(ms: number): Promise<boolean> {
    const deadline = realNow() + ms;
    return this.rest(() => realNow() > deadline);
  }

  /** A real clock is polled; on a virtual one, what fell due before the start is worked now. */
  begin(): void {
    if (this.parts.clock.isVirtual)
      this.nightly
        .runAll()
        .then(() => this.trackMove(this.settleNow()))
        .catch((error: unknown) => this.reportError('start', error));
    else this.polling = setInterval(() => this.poll(), POLL_MS);
  }

  stop(): void {
    this.isStopped = true;
    clearInterval(this.polling);
  }

  private poll(): void {
    this.pump();
    const now = this.parts.clock.now();
    if (now >= this.nextAlarmsAt) {
      this.nextAlarmsAt = now + ALARMS_MS;
      this.parts.alarms.evaluate();
    }
    if (this.nightly.isDue()) void this.nightly.runAll();
    if (now < this.nextScheduleAt) return;
    this.nextScheduleAt = now + SCHEDULE_MS;
    void this.workDue();
  }

  private async workDue(): Promise<void> {
    const { lambdas, everyMinute } = this.parts;
    await Promise.all(
      everyMinute.map((arn) => lambdas.invokeArn(arn, {}).catch((error: unknown) => this.reportError(arn, error))),
    );
  }

  private reportError(what: string, error: unknown): void {
    if (!this.isStopped && !(error instanceof InterruptedError)) console.error(`${what}:`, error);
  }

  private pump(): void {
    if (this.isStopped) return;
    this.parts.engine.pump();
    this.parts.pollers.schedule();
  }

  /** Messages in a batching window are delivered as soon as nothing else is in flight. Returns false if it was given up while work was in flight. */
  private async rest(isGivenUp: () => boolean): Promise<boolean> {
    for (let still = 0; still < 2; ) {
      this.pump();
      await turn();
      if (this.isBusy()) {
        still = 0;
        if (isGivenUp()) return false;
        await pause();
      } else if (this.parts.pollers.isGathering()) {
        still = 0;
        this.parts.pollers.endWindows();
      } else still += 1;
    }
    return true;
  }

  private hanging(): string {
    const { engine, lambdas, pollers, httpInFlight } = this.parts;
    const names = [...lambdas.active(), ...pollers.waiting().map((queue) => `messages on ${queue}`)];
    if (engine.isBusy()) names.push('executions');
    if (httpInFlight() > 0) names.push('requests');
    return names.join(', ') || 'nothing that can be named';
  }

  /** Returns the next due instant, as far as the tables know. */
  private async settleNow(): Promise<number | undefined> {
    const { clock, tables, alarms } = this.parts;
    const [began, hasHung] = [this.resets, watchProgress(this.work, realNow)];
    const calls = new Map<number, number>();
    for (;;) {
      const isAtRest = await this.rest(() => this.resets !== began || hasHung());
      if (this.resets !== began) throw new InterruptedError('reset');
      if (!isAtRest) throw new HangingError(this.hanging());
      // Work that an alarm has set off is done at the same instant.
      if (alarms.evaluate()) continue;
      const due = await tables.nextDue();
      if (this.resets !== began) throw new InterruptedError('reset');
      if (due === undefined || due > clock.now() || (calls.get(due) ?? 0) >= MAX_CALLS) return due;
      calls.set(due, (calls.get(due) ?? 0) + 1);
      await this.workDue();
    }
  }

  private moveTo(at: number): void {
    this.parts.clock.moveTo(at);
    this.parts.onMove();
  }

  private async advanceTo(to: number): Promise<void> {
    const { clock, queues, engine, alarms } = this.parts;
    const began = this.resets;
    let due = await this.settleNow();
    for (;;) {
      // A reset may come while a nightly function is invoked, which no settling sees.
      if (this.resets !== began) throw new InterruptedError('reset');
      this.nightly.noteWork();
      const now = clock.now();
      const night = this.nightly.next(now);
      const instants = [queues.nextInstant(), engine.nextInstant(), alarms.nextInstant(), due, night].filter(
        (at) => at !== undefined && at > now,
      ) as number[];
      const next = Math.min(...instants);
      if (!Number.isFinite(next) || next > to) break;
      this.moveTo(next);
      due = await this.settleNow();
      if (next !== night) continue;
      this.nightly.noteWork();
      due = await this.nightly.runNow(() => this.settleNow());
    }
    this.moveTo(to);
    await this.settleNow();
  }

  private async trackMove<Result>(moving: Promise<Result>): Promise<Result> {
    this.movers.add(moving);
    try {
      return await moving;
    } finally {
      this.movers.delete(moving);
    }
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));
