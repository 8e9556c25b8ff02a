import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import {
  type AttributeDefinition,
  CreateTableCommand,
  type CreateTableCommandInput,
  DynamoDBClient,
  ListTablesCommand,
} from '@aws-sdk/client-dynamodb';
import { BatchWriteCommand, DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { Credentials } from './callers.ts';
import { newCounter } from './catalog-changes.ts';
import type { DueItem } from './due-items.ts';
import { COLLECT_GARBAGE } from './idle-gc.ts';
import type { TablesAnswer, TablesOrder, TablesWorkerData } from './tables-worker.ts';
import type { Json, Template } from './template.ts';

export interface Tables {
  url: string;
  client: DynamoDBDocumentClient;
  /** Counts what is written to the rules' pointer and to write keys. Undefined: the tables are another stand-in's. */
  catalogChanges: SharedArrayBuffer | undefined;
  /** Another port to ask them by, without HTTP. Undefined: they are another stand-in's. */
  connect(): MessagePort | undefined;
  /** The physical name of `catalog` and the like. */
  named(name: string): string;
  /** The next instant at which something falls due, in any table that has the index `due`. */
  nextDue(): Promise<number | undefined>;
  reset(): Promise<void>;
  collectGarbage(): void;
  stop(): Promise<void>;
}

interface Options {
  credentials: Credentials;
  /** Where dynalite keeps them; absent: in memory. */
  path?: string;
  /** Endpoint of another emulator, which is already listening. */
  given?: string;
  /** The tables can no longer be read or written. */
  onBroken: (error: Error) => void;
}

/** The templates' tables in dynalite, or in another emulator. */
export async function startTables(template: Template, options: Options): Promise<Tables> {
  const { credentials, path, given } = options;
  const catalogChanges = newCounter();
  const worker =
    given === undefined
      ? new Worker(new URL('./tables-worker.ts', import.meta.url), {
          workerData: { path, accessKeyId: credentials.accessKeyId, catalogChanges } satisfies TablesWorkerData,
          // As that of functions.
          resourceLimits: { maxYoungGenerationSizeMb: 64 },
        })
      : undefined;
  const url = worker === undefined ? String(given) : await listening(worker);
  worker?.on('error', options.onBroken);
  const base = new DynamoDBClient({ endpoint: url, region: 'us-east-1', credentials, maxAttempts: 1 });
  const client = DynamoDBDocumentClient.from(base, { marshallOptions: { removeUndefinedValues: true } });
  const wanted = template.of('AWS::DynamoDB::Table').map(({ properties }) => inputOf(properties));
  const dueTables = wanted
    .filter((table) => table.GlobalSecondaryIndexes?.some((index) => index.IndexName === 'due'))
    .map((table) => String(table.TableName));

  await create(base, wanted);
  const post = (order: TablesOrder) => worker?.postMessage(order);
  if (path !== undefined) post({ add: await dueItems(client, dueTables) });
  const askWorker = worker === undefined ? undefined : nextDueBy(worker);

  return {
    url,
    client,
    catalogChanges: worker === undefined ? undefined : catalogChanges,
    connect() {
      if (worker === undefined) return undefined;
      const { port1, port2 } = new MessageChannel();
      worker.postMessage({ connect: port1 } satisfies TablesOrder, [port1]);
      return port2;
    },
    named(name) {
      const found = wanted.map((table) => String(table.TableName)).find((table) => table.endsWith(`-${name}`));
      if (found === undefined) throw new Error(`the stacks have no table ${name}`);
      return found;
    },
    async nextDue() {
      if (askWorker !== undefined) return askWorker();
      const items = await dueItems(client, dueTables);
      return items.reduce<number | undefined>((next, { at }) => Math.min(next ?? at, at), undefined);
    },
    async reset() {
      await Promise.all(wanted.map(({ TableName }) => empty(client, String(TableName))));
    },
    collectGarbage: () => post(COLLECT_GARBAGE),
    async stop() {
      base.destroy();
      await worker?.terminate();
    },
  };
}

async function create(client: DynamoDBClient, wanted: CreateTableCommandInput[]): Promise<void> {
  const { TableNames = [] } = await client.send(new ListTablesCommand({}));
  for (const table of wanted)
    if (!TableNames.includes(String(table.TableName))) await client.send(new CreateTableCommand(table));
}

async function dueItems(client: DynamoDBDocumentClient, tables: string[]): Promise<DueItem[]> {
  const found: DueItem[] = [];
  for (const TableName of tables) {
    let ExclusiveStartKey: Record<string, unknown> | undefined;
    do {
      const page = await client.send(new ScanCommand({ TableName, IndexName: 'due', ExclusiveStartKey }));
      for (const { pk, sk, dueAt } of page.Items ?? [])
        found.push({ table: TableName, pk: String(pk), sk: String(sk), at: Number(dueAt) });
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey !== undefined);
  }
  return found;
}

/** Asks the worker, which follows what is written, for the next instant at which something falls due. */
function nextDueBy(worker: Worker): () => Promise<number | undefined> {
  let asked = 0;
  return () => {
    const number = ++asked;
    return new Promise((resolve, reject) => {
      const onAnswer = (answer: TablesAnswer) => {
        if (answer.nextDue !== number) return;
        stopListening();
        resolve(answer.at);
      };
      const onEnd = () => {
        stopListening();
        reject(new Error('the tables have ended'));
      };
      const stopListening = () => void worker.off('message', onAnswer).off('exit', onEnd);
      worker.on('message', onAnswer).on('exit', onEnd);
      worker.postMessage({ nextDue: number } satisfies TablesOrder);
    });
  };
}

async function listening(worker: Worker): Promise<string> {
  let failed: (error: Error) => void = () => undefined;
  const port = await new Promise<number>((resolve, reject) => {
    failed = reject;
    worker.once('message', (said: { port: number }) => resolve(said.port));
    worker.once('error', failed);
  });
  worker.off('error', failed);
  return `http://127.0.0.1:${port}`;
}

/** Deletes item by item, because a table that is deleted and created again is missing for a moment. */
async function empty(client: DynamoDBDocumentClient, TableName: string): Promise<void> {
  for (;;) {
    const { Items = [], LastEvaluatedKey } = await client.send(
      new ScanCommand({ TableName, ProjectionExpression: 'pk, sk', ConsistentRead: true }),
    );
    for (let from = 0; from < Items.length; from += 25) {
      const requests = Items.slice(from, from + 25).map(({ pk, sk }) => ({ DeleteRequest: { Key: { pk, sk } } }));
      await client.send(new BatchWriteCommand({ RequestItems: { [TableName]: requests } }));
    }
    if (LastEvaluatedKey === undefined && Items.length === 0) return;
  }
}

/** CloudFormation's properties are the API's, except those that an emulator does not need. */
function inputOf(properties: Json): CreateTableCommandInput {
  const { TableName, KeySchema, AttributeDefinitions, GlobalSecondaryIndexes } =
    properties as unknown as CreateTableCommandInput;
  return {
    TableName,
    KeySchema,
    AttributeDefinitions: AttributeDefinitions as AttributeDefinition[],
    GlobalSecondaryIndexes,
    BillingMode: 'PAY_PER_REQUEST',
  };
}
