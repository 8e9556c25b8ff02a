import { Stack } from 'aws-cdk-lib';
import { CfnDatabase, CfnTable } from 'aws-cdk-lib/aws-glue';
import { Construct } from 'constructs';
import { FACTS_PREFIX } from '../../../core/results/fact-files.ts';
import { FACT_COLUMN_NAMES, FACT_COLUMNS, type FactColumn } from '../../../core/results/fact-row.ts';

/** Types of Hive, which Glue and Athena use. */
const TYPES: Record<(typeof FACT_COLUMNS)[FactColumn]['type'], string> = {
  text: 'string',
  texts: 'array<string>',
  instant: 'timestamp',
  integer: 'bigint',
  flag: 'boolean',
};

/** Whoever asks for days says which; earlier ones hold nothing. */
const FIRST_DAY = '2026-01-01';

/** The table `facts` of the data lake, for Athena and what reads Glue. Its partitions are computed: no crawler finds them. */
export class FactTable extends Construct {
  constructor(scope: Construct, id: string, { prefix, bucket }: { prefix: string; bucket: string }) {
    super(scope, id);
    const catalogId = Stack.of(this).account;
    const name = prefix.replaceAll('-', '_');
    const database = new CfnDatabase(this, 'Database', {
      catalogId,
      databaseInput: { name, description: 'Facts of what was sent, and what it brought' },
    });
    const location = `s3://${bucket}/${FACTS_PREFIX}`;
    new CfnTable(this, 'Facts', {
      catalogId,
      databaseName: name,
      tableInput: {
        name: 'facts',
        description: 'One row is one fact; of rows with one id, one counts',
        tableType: 'EXTERNAL_TABLE',
        partitionKeys: [{ name: 'dt', type: 'string', comment: 'day (UTC) on which it happened' }],
        parameters: {
          classification: 'parquet',
          'projection.enabled': 'true',
          'projection.dt.type': 'date',
          'projection.dt.format': 'yyyy-MM-dd',
          'projection.dt.range': `${FIRST_DAY},NOW+1DAYS`,
          'storage.location.template': `${location}dt=\${dt}/`,
        },
        storageDescriptor: {
          location,
          columns: FACT_COLUMN_NAMES.map((column) => ({
            name: column,
            type: TYPES[FACT_COLUMNS[column].type],
            comment: FACT_COLUMNS[column].comment.replaceAll('’', "'").replaceAll('…', '...'),
          })),
          inputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
          outputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
          serdeInfo: { serializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe' },
        },
      },
    }).addResourceDependency(database);
  }
}
