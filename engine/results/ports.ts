import type { EpochMs } from '../../core/ids.ts';
import type { Cell } from '../../core/metrics/cells.ts';
import type { FactRow } from '../../core/results/fact-row.ts';
import type { LocalDate } from '../../core/time/calendar.ts';

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

/** Counters of reports. */
export interface Cells {
  /** Returns all cells of a scope between two days of the settings' timezone, inclusive. */
  read(scope: string, from: string, to: string): Promise<Cell[]>;
}

/** What was spent outside on a channel or campaign. */
export interface Cost {
  id: string;
  /** `channel:sms`, `campaign:spring`. */
  scope: string;
  /** Of the settings' timezone. */
  day: LocalDate;
  /** Millionths of the major unit of the settings' currency; below zero it takes back. */
  amount: number;
  note?: string | undefined;
  by: string;
  at: EpochMs;
}

export interface Costs {
  /** Adds it; a repeat under the same id is the same. Returns what stands under the id. */
  add(cost: Cost): Promise<Cost>;
  /** By day, then id. */
  list(scope: string, page: { limit: number; after?: string | undefined }): Promise<{ items: Cost[]; next?: string }>;
  /** All of the days between, inclusive. */
  between(scope: string, from: LocalDate, to: LocalDate): Promise<Cost[]>;
}
