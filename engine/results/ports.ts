import type { EpochMs } from '../../core/ids.ts';
import type { Cell } from '../../core/metrics/cells.ts';
import type { Layout } from '../../core/results/fact-files.ts';
import type { FactRow } from '../../core/results/fact-row.ts';
import type { RenderedMail } from '../../core/results/mail/report-mail.ts';
import type { Subscription } from '../../core/results/mail/subscription.ts';
import type { Days, SortedStatement, Statement } from '../../core/results/sql/question.ts';
import type { LocalDate } from '../../core/time/calendar.ts';
import type { Outcome } from '../messages/ports.ts';
import type { Cursor } from '../ports.ts';

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

/** A file of the lake. */
export interface FactFile {
  key: string;
  bytes: number;
  /** When it was written. */
  at: EpochMs;
}

/** The files of the data lake. */
export interface Lake {
  /** Returns all files of these days, consistently: what was written before is there, and what was deleted is not. */
  list(days: Days): Promise<FactFile[]>;
  /** Returns the path under which the file lies on this machine; undefined: it has been deleted. */
  fetch(file: FactFile): Promise<string | undefined>;
  /** Puts a file of this machine under a key. */
  put(key: string, path: string): Promise<void>;
  delete(keys: readonly string[]): Promise<void>;
}

/** An engine that answers SQL over files. */
export interface FactEngine {
  /** Opens these files, by their paths on this machine, as the view `facts`. */
  open<Result>(files: Layout, work: (facts: OpenFacts) => Promise<Result>): Promise<Result>;
  /** Writes all facts of these files, each once, into so many buckets by their ids; returns those that have any. */
  compact(
    paths: readonly string[],
    buckets: number,
    pathOf: (bucket: number) => string,
  ): Promise<{ bucket: number; path: string; rows: number }[]>;
}

export interface OpenFacts {
  rows(statement: Statement): Promise<object[]>;
  /** Writes the rows to a file of this machine; returns how many. */
  copy(statement: SortedStatement, to: { path: string; format: 'csv' | 'jsonl' | 'parquet' }): Promise<number>;
}

/** Counters of reports. */
export interface Cells {
  /** Returns all cells of a scope between two days of the settings' timezone, inclusive. */
  read(scope: string, from: string, to: string): Promise<Cell[]>;
}

/** Outside spend on a channel or campaign. */
export interface Cost {
  id: string;
  /** `channel:sms`, `campaign:spring`. */
  scope: string;
  /** In the settings' timezone. */
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
  /** Sorted by day, then id. */
  list(scope: string, page: { limit: number; after?: string | undefined }): Promise<{ items: Cost[]; next?: string }>;
  /** All of the days between, inclusive. */
  between(scope: string, from: LocalDate, to: LocalDate): Promise<Cost[]>;
  /** The same of every scope. */
  everyBetween(from: LocalDate, to: LocalDate): Promise<Cost[]>;
}

/** Files for whoever asked for them, which are deleted after a day. */
export interface Exports {
  /** How many rows the file under the key has; undefined: there is none. */
  rowsOf(key: string): Promise<number | undefined>;
  put(key: string, path: string, rows: number): Promise<void>;
}

/** A part of an export of customers: lines of JSON, and where its shard goes on. */
export interface ExportPart {
  lines: readonly string[];
  next?: Cursor | undefined;
}

/** The parts of exports, which are deleted with them after a day at the latest. */
export interface ExportParts {
  /**
   * Puts a part unless there is one, and returns how many lines the one that stands has, and where it goes on: if two workers make one part, both go on from the
   * same.
   */
  put(
    id: string,
    place: { shard: number; page: number },
    part: ExportPart,
  ): Promise<{ lines: number; next?: Cursor | undefined }>;
  /** Keys of an export's parts, in no order. */
  list(id: string): Promise<string[]>;
  /** Writes a part to a file of this machine, still compressed; returns how many lines it has. */
  fetch(key: string, path: string): Promise<number>;
  delete(keys: readonly string[]): Promise<void>;
}

/** Asks for a link to an export, which is good for so many seconds. */
export interface LinkQuestion {
  query: 'link';
  key: string;
  seconds: number;
}

/** Links to exports. */
export interface Downloads {
  /** Returns a link to the file under the key, which is good for so many seconds; undefined: there is no file. */
  link(key: string, seconds: number): Promise<string | undefined>;
}

/** A subscription to report mails, as it is kept. */
export interface KeptSubscription extends Subscription {
  id: string;
  /** When it was put first; it brings no mail that was due before. */
  createdAt: EpochMs;
  by: string;
  at: EpochMs;
  /** The newest mail that everybody was sent, by when it was due. */
  mailedFor?: EpochMs;
}

/** Subscriptions to report mails. */
export interface ReportSubscriptions {
  /** Returns all, in the order of their ids. */
  all(): Promise<KeptSubscription[]>;
  get(id: string): Promise<KeptSubscription | undefined>;
  /** Puts it, and keeps when it was created and what it was mailed for. Returns whether there was none before. */
  put(subscription: Omit<KeptSubscription, 'createdAt' | 'mailedFor'>): Promise<{ created: boolean }>;
  /** Returns whether there was one. */
  remove(id: string): Promise<boolean>;
  /** Everybody was sent the mail that was due then, or one that is newer. */
  mailed(id: string, due: EpochMs): Promise<void>;
}

/** Which report mails were handed over, each to one address. `mail` names the scope, the period and its last day, not the subscription: a changed one mails nobody twice. */
export interface ReportMails {
  /** Returns false if somebody has taken it before: it is never to be sent again. */
  take(mail: string, address: string, now: EpochMs): Promise<boolean>;
  /** It was certainly not sent, and may be taken again. */
  release(mail: string, address: string): Promise<void>;
}

/** Hands a report mail to the provider of e-mail. */
export interface Mailer {
  send(address: string, mail: RenderedMail): Promise<Outcome>;
}
