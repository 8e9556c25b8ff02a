import type { EndedExecution } from './execution.ts';

/**
 * Most ended executions that are kept: this many that succeeded, and this many others, which `recover-lost-runs` looks through. AWS keeps them for 90
 * days.
 */
const MAX_ENDED = 10_000;
/** Number that is dropped at once. */
const BATCH = 1_000;

/** The newest of the executions that have ended. */
export class EndedExecutions {
  private readonly succeeded = new Map<string, EndedExecution>();
  private readonly others = new Map<string, EndedExecution>();
  private readonly onForget: (arns: string[]) => void;

  constructor(onForget: (arns: string[]) => void) {
    this.onForget = onForget;
  }

  add({ arn, machine, name, status, startedAt, endedAt }: EndedExecution): void {
    const kept = status === 'SUCCEEDED' ? this.succeeded : this.others;
    kept.set(arn, { arn, machine, name, status, startedAt, endedAt });
    if (kept.size < MAX_ENDED + BATCH) return;
    const oldest = [...kept.keys()].slice(0, BATCH);
    for (const one of oldest) kept.delete(one);
    this.onForget(oldest);
  }

  has(arn: string): boolean {
    return this.succeeded.has(arn) || this.others.has(arn);
  }

  *values(): Iterable<EndedExecution> {
    yield* this.succeeded.values();
    yield* this.others.values();
  }

  clear(): void {
    this.succeeded.clear();
    this.others.clear();
  }
}
