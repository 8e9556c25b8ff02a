import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { FACT_COLUMN_NAMES, FACT_COLUMNS, type FactRow } from '../../../core/results/fact-row.ts';
import type { Statement } from '../../../core/results/sql/question.ts';

const TYPES = { text: 'VARCHAR', texts: 'VARCHAR[]', instant: 'BIGINT', integer: 'BIGINT', flag: 'BOOLEAN' };

/** The view `facts` over these rows, each id once, as `query-facts` makes it of the lake's files. */
export async function factTable(rows: readonly FactRow[]) {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  const folder = mkdtempSync(join(tmpdir(), 'cairn-facts-'));
  const path = join(folder, 'facts.json');
  writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const columns = FACT_COLUMN_NAMES.map((name) => `"${name}": '${TYPES[FACT_COLUMNS[name].type]}'`).join(', ');
  await connection.run(
    `CREATE TABLE facts AS SELECT DISTINCT ON ("id") * FROM read_json('${path}', format = 'newline_delimited', columns = {${columns}}) ORDER BY "id", "at"`,
  );
  rmSync(folder, { recursive: true });
  return {
    async rows({ sql, parameters }: Statement): Promise<object[]> {
      const read = await connection.runAndReadAll(
        sql,
        Object.fromEntries(parameters.map((value, index) => [String(index + 1), value])) as Record<string, never>,
      );
      return read
        .getRowObjectsJS()
        .map((row) =>
          Object.fromEntries(
            Object.entries(row).map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : value]),
          ),
        );
    },
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}
