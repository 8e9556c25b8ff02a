import { type ExportType, exportColumn } from './export-columns.ts';
import type { ExportQuestion } from './exports.ts';
import { HOMES_BY_MERGES } from './homes.ts';
import { quoted, type Statement } from './question.ts';

/** Columns of customers and of events, named as the API names them. */
export const CUSTOMER_COLUMNS = {
  profiles: {
    id: 'text',
    kind: 'text',
    key: 'text',
    traits: 'json',
    groups: 'json',
    timezone: 'text',
    locale: 'text',
    addresses: 'json',
    consent: 'json',
    tags: 'json',
    firstSeen: 'instant',
    lastSeen: 'instant',
  },
  events: {
    messageId: 'text',
    timestamp: 'instant',
    receivedAt: 'instant',
    profileId: 'text',
    key: 'text',
    type: 'text',
    event: 'text',
    properties: 'json',
    traits: 'json',
    groupId: 'text',
  },
} as const satisfies Record<'profiles' | 'events', Record<string, ExportType>>;
type Of = keyof typeof CUSTOMER_COLUMNS;

/** A line of a part: the columns; and the profiles that had been merged into this one just then, or (`moving`) that it was read from one of them. */
export type CustomerLine<Kind extends Of> = { [Name in keyof (typeof CUSTOMER_COLUMNS)[Kind]]?: unknown } & {
  key: string;
  mergedFrom?: readonly string[];
  moving?: true;
};

const TYPES: Record<ExportType, string> = {
  text: 'VARCHAR',
  texts: 'VARCHAR[]',
  json: 'JSON',
  instant: 'BIGINT',
  integer: 'BIGINT',
  flag: 'BOOLEAN',
};
/** Bytes of a line: more than any has. */
const MAX_LINE = 24 * 1024 * 1024;

/** The lines of all parts. One that is not JSON is none: it does not keep others from being exported. */
function lines(of: Of, paths: readonly string[]): string {
  const types = {
    ...Object.fromEntries(Object.entries(CUSTOMER_COLUMNS[of]).map(([name, type]) => [name, TYPES[type]])),
  };
  const columns = Object.entries({ ...types, mergedFrom: 'VARCHAR[]', moving: 'BOOLEAN' });
  const shown = columns.map(([name, type]) => `${quoted(name)}: ${quoted(type)}`).join(', ');
  // One file more than there are is no file: a list of none is refused.
  if (paths.length === 0)
    return `SELECT ${columns.map(([name, type]) => `NULL::${type} AS "${name}"`).join(', ')} WHERE false`;
  return `SELECT * FROM read_json([${paths.map(quoted).join(', ')}], format = 'newline_delimited', compression = 'gzip', columns = {${shown}}, maximum_object_size = ${MAX_LINE}, ignore_errors = true) WHERE "key" IS NOT NULL`;
}

/** Customers, or their events, from the parts in these files; and the facts of merges since the job began, by which nobody and nothing is there twice. */
export function customersStatement(
  of: Of,
  { format, since = 0 }: Pick<ExportQuestion, 'format' | 'since'>,
  paths: readonly string[],
): Statement {
  const columns = Object.entries(CUSTOMER_COLUMNS[of]).map(([name, type]) =>
    exportColumn(`p."${name}"`, name, type, format),
  );
  const sql = of === 'profiles' ? customersSql(since) : eventsSql;
  return { sql: sql(`(${lines(of, paths)})`, columns.join(', ')), parameters: [] };
}

/** Whoever was merged while the job went on is left out, wherever that was read. */
const customersSql = (since: number) => (parts: string, columns: string) =>
  `WITH gone AS (
    SELECT profile FROM merges WHERE merged_at >= ${Math.trunc(since)}
    UNION SELECT unnest("mergedFrom") AS profile FROM ${parts}
  ) SELECT ${columns} FROM ${parts} AS p ANTI JOIN gone AS g ON g.profile = p."key"`;

/** Of those whom merges concern, each event counts once, under whatever profile it was read. */
const eventsSql = (parts: string, columns: string): string =>
  `WITH RECURSIVE ${HOMES_BY_MERGES}, concerned AS (
    SELECT profile FROM homes UNION SELECT home FROM homes UNION SELECT "key" FROM ${parts} WHERE moving
  ), once AS (
    SELECT * FROM ${parts} AS p ANTI JOIN concerned AS c ON c.profile = p."key"
    UNION ALL (
      SELECT DISTINCT ON (coalesce(h.home, p."key"), p."messageId") p.*
      FROM ${parts} AS p SEMI JOIN concerned AS c ON c.profile = p."key" LEFT JOIN homes AS h ON h.profile = p."key"
      ORDER BY coalesce(h.home, p."key"), p."messageId", h.home IS NOT NULL
    )
  ) SELECT ${columns} FROM once AS p`;
