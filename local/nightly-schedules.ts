import { DAY_MS } from '../core/time/units.ts';

/** A function that a schedule invokes at this time of the day (UTC). */
export interface Nightly {
  arn: string;
  timeMs: number;
}

/** Nights after something happened: a recount counts a day in the night after it has ended. */
const NIGHTS_MS = 2 * DAY_MS;

interface Parts {
  functions: readonly Nightly[];
  now: () => number;
  /** Reports what fails. */
  invoke: (arn: string) => Promise<unknown>;
  /** Number of invocations and transitions that are done. */
  done: () => number;
}

/**
 * The nightly schedules. On a real clock their functions run at the start and then once a day; on a virtual clock at their hour, for as many nights as
 * something that happened may matter to them.
 */
export class NightlySchedules {
  private readonly parts: Parts;
  private nextAt = 0;
  /** On a virtual clock: when other work than theirs was last seen to have been done, and how much that was. */
  private workedAt = Number.NEGATIVE_INFINITY;
  private seenDone = 0;

  constructor(parts: Parts) {
    this.parts = parts;
  }

  isDue(): boolean {
    return this.parts.now() >= this.nextAt;
  }

  async runAll(): Promise<void> {
    const { functions, now, invoke } = this.parts;
    this.nextAt = now() + DAY_MS;
    for (const { arn } of functions) await invoke(arn);
  }

  /** Runs those of this instant of a virtual clock; `settle` finishes their work, which does not count as something that happened. */
  async runNow<Result>(settle: () => Promise<Result>): Promise<Result> {
    const { functions, now, invoke, done } = this.parts;
    for (const { arn, timeMs } of functions) if (now() % DAY_MS === timeMs) await invoke(arn);
    const settled = await settle();
    this.seenDone = done();
    return settled;
  }

  noteWork(): void {
    const done = this.parts.done();
    if (done !== this.seenDone) this.workedAt = this.parts.now();
    this.seenDone = done;
  }

  /** The next instant of a schedule; undefined: nothing has happened for so long that it would find nothing. */
  next(now: number): number | undefined {
    const instants = this.parts.functions.map(({ timeMs }) => {
      const today = Math.floor(now / DAY_MS) * DAY_MS + timeMs;
      return today > now ? today : today + DAY_MS;
    });
    const next = Math.min(...instants);
    return next <= this.workedAt + NIGHTS_MS ? next : undefined;
  }
}
