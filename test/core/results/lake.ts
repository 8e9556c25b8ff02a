import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { MetricEvent } from '../../../core/metrics/metric-event.ts';
import { FACT_COLUMN_NAMES, FACT_COLUMNS, factRowsOf } from '../../../core/results/fact-row.ts';
import type { NamedQuery } from '../../../core/results/sql/question.ts';

const TYPES = { text: 'VARCHAR', texts: 'VARCHAR[]', instant: 'BIGINT', integer: 'BIGINT', flag: 'BOOLEAN' };

let opened: Promise<DuckDBConnection> | undefined;

/** Answers questions over these facts, by DuckDB in memory; the view `facts` is a table here. */
export async function lakeOf(facts: readonly MetricEvent[]) {
  opened ??= DuckDBInstance.create(':memory:').then((instance) => instance.connect());
  const connection = await opened;
  await connection.run('DROP TABLE IF EXISTS facts');
  const columns = FACT_COLUMN_NAMES.map((name) => `"${name}" ${TYPES[FACT_COLUMNS[name].type]}`).join(', ');
  await connection.run(`CREATE TABLE facts (${columns})`);
  const rows = factRowsOf({ id: 'm', metricEvents: [...facts] });
  const types = FACT_COLUMN_NAMES.map((name) => `'${TYPES[FACT_COLUMNS[name].type]}'`);
  const shape = `[{${FACT_COLUMN_NAMES.map((name, index) => `"${name}": ${types[index]?.replaceAll("'", '"')}`).join(', ')}}]`;
  // Each fact once, the first of those with one id, as the view has it.
  await connection.run(
    `INSERT INTO facts SELECT DISTINCT ON (id) * FROM (SELECT unnest(from_json($1, '${shape}'), recursive := true)) ORDER BY id, "at"`,
    [JSON.stringify(rows)],
  );
  return async <Row>(query: NamedQuery, question: object): Promise<Row[]> => {
    const { sql, parameters } = query.statement(question as never);
    const found = (await connection.runAndReadAll(sql, parameters)).getRowObjectsJS();
    const plain = found.map((row) => JSON.parse(JSON.stringify(row, numbers)) as never);
    return (query.reduce?.(plain, question as never) ?? plain) as Row[];
  };
}

const numbers = (_name: string, value: unknown): unknown => (typeof value === 'bigint' ? Number(value) : value);
