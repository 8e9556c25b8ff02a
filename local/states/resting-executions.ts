import type { Execution } from './execution.ts';

/** Executions that rest until an instant; those of `due` come in the order in which they were put here. */
export class RestingExecutions {
  private readonly resting = new Set<Execution>();
  /** The first instant of all, or an earlier one that is past; undefined: look. */
  private first: number | undefined = Number.POSITIVE_INFINITY;

  add(execution: Execution): void {
    this.resting.add(execution);
    if (this.first !== undefined) this.first = Math.min(this.first, execution.until ?? Number.POSITIVE_INFINITY);
  }

  delete(execution: Execution): void {
    if (this.resting.delete(execution) && execution.until === this.first) this.first = undefined;
  }

  /** The next instant at which one has rested; infinite: none does. */
  next(): number {
    if (this.first !== undefined) return this.first;
    this.first = Number.POSITIVE_INFINITY;
    for (const { until } of this.resting) this.first = Math.min(this.first, until ?? Number.POSITIVE_INFINITY);
    return this.first;
  }

  /** Those that have rested at that instant, also such as come to it meanwhile. */
  *due(at: number): Iterable<Execution> {
    if (this.next() > at) return;
    for (const execution of this.resting) if (execution.until !== undefined && execution.until <= at) yield execution;
  }

  countDue(at: number): number {
    let count = 0;
    if (this.next() <= at) for (const { until } of this.resting) if (until !== undefined && until <= at) count += 1;
    return count;
  }

  clear(): void {
    this.resting.clear();
    this.first = Number.POSITIVE_INFINITY;
  }
}
