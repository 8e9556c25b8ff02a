import { parquetWriteBuffer } from 'hyparquet-writer';
import { FACT_COLUMN_NAMES, FACT_COLUMNS, type FactColumn, type FactRow } from '../../core/results/fact-row.ts';

type Columns = Parameters<typeof parquetWriteBuffer>[0];
type Element = NonNullable<Columns['schema']>[number];

/** Parquet's types of a column. https://github.com/apache/parquet-format/blob/master/LogicalTypes.md */
const ELEMENTS: Record<(typeof FACT_COLUMNS)[FactColumn]['type'], (name: string) => Element[]> = {
  text: (name) => [{ name, type: 'BYTE_ARRAY', converted_type: 'UTF8' }],
  texts: (name) => [
    { name, converted_type: 'LIST', num_children: 1 },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    { name: 'element', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
  ],
  instant: (name) => [
    {
      name,
      type: 'INT64',
      converted_type: 'TIMESTAMP_MILLIS',
      logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
    },
  ],
  integer: (name) => [{ name, type: 'INT64' }],
  flag: (name) => [{ name, type: 'BOOLEAN' }],
};

const SCHEMA: Element[] = [
  { name: 'facts', num_children: FACT_COLUMN_NAMES.length },
  ...FACT_COLUMN_NAMES.flatMap((name) => {
    const column = FACT_COLUMNS[name];
    const [own, ...children] = ELEMENTS[column.type](name);
    return own === undefined
      ? []
      : [{ repetition_type: 'isRequired' in column ? 'REQUIRED' : 'OPTIONAL', ...own } as const, ...children];
  }),
];

/** A Parquet file of these facts. */
export const parquetOf = (rows: readonly FactRow[]): Uint8Array =>
  new Uint8Array(
    parquetWriteBuffer({
      schema: SCHEMA,
      columnData: FACT_COLUMN_NAMES.map((name) => ({ name, data: rows.map((row) => written(row, name)) })),
      rowGroupSize: 100_000,
      createdBy: 'cairn',
    }),
  );

function written(row: FactRow, name: FactColumn) {
  const value = row[name];
  if (typeof value !== 'number') return value;
  return FACT_COLUMNS[name].type === 'instant' ? new Date(value) : BigInt(value);
}
