/** A parameter of a statement, by its place: `$1` is the first. */
export type SqlValue = string | number | boolean | null;
export interface Statement {
  sql: string;
  parameters: SqlValue[];
}

/** A statement whose rows are to be sorted by these columns, which are not shown. `bucket` is a number by which rows may be divided before they are sorted. */
export interface SortedStatement extends Statement {
  sortBy?: { bucket: string; columns: readonly string[] };
}

/** Days (UTC) whose files are read, both included; without `to`, all since. */
export interface Days {
  from: string;
  to?: string | undefined;
}

/**
 * A question to the facts. Its SQL reads the view `facts`, which has the columns of `fact-row.ts`, each fact once; instants are milliseconds. `at` is a word
 * of the dialect: it is written in quotes, or behind the view's name.
 */
export interface NamedQuery {
  /** Opens and orders come later than their message: a question about the messages of a period reads all files since its first day. */
  days(question: never): Days;
  statement(question: never): Statement;
  /** Computes the answer from the rows; absent: the rows are the answer. */
  reduce?(rows: never[], question: never): object[];
}

/** Drops the type of the question: whoever asks by its name knows it. */
export const namedQuery = <Question, Row = never>(query: {
  days(question: Question): Days;
  statement(question: Question): Statement;
  reduce?(rows: Row[], question: Question): object[];
}): NamedQuery => query as NamedQuery; // a function of a question is not one of `never`, though it is asked with none else

/** A text in SQL. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
