import type { FactRow } from '../../core/results/fact-row.ts';

/** A question to the facts, by the name under which `query-facts` knows it, with its parameters. */
export interface FactQuery {
  query: string;
  [parameter: string]: unknown;
}

/** Asks the data lake, in the function that has the engine. Answers are complete to within the half minute that facts need to get there. */
export interface FactQueries {
  /** Returns the rows of the answer, at most 5 MB of them. */
  ask<Row>(question: FactQuery): Promise<Row[]>;
}

/** The data lake, as `record-metrics` writes it. */
export interface FactFiles {
  /** Writes the facts as one file for each day. `name` is the same whenever these facts are written together: a repeat replaces its files. */
  write(name: string, rows: readonly FactRow[]): Promise<void>;
}
