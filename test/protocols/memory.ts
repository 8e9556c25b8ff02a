import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type Compiled, compile, type Item } from './expressions.ts';
import { INDEXES } from './tables.ts';

/** Input of a document client's command: only the fields that Cairn's adapters use. */
interface Input {
  TableName: string;
  Key?: Item;
  Item?: Item;
  IndexName?: string;
  UpdateExpression?: string;
  ConditionExpression?: string;
  KeyConditionExpression?: string;
  FilterExpression?: string;
  ExpressionAttributeNames?: Record<string, string>;
  ExpressionAttributeValues?: Item;
  ReturnValues?: string;
  ScanIndexForward?: boolean;
  Limit?: number;
  ExclusiveStartKey?: Item;
  RequestItems?: Record<string, unknown>;
  ConsistentRead?: boolean;
}

/** Eventually consistent reads that miss what was written within the last second: of an item each, as `is` draws. */
export interface Lag {
  now: () => number;
  is: () => boolean;
}
const LAG_MS = 1_000;

export type Watch = (table: string, before: Item | undefined, after: Item | undefined) => void;

type Table = Map<string, Map<string, Item>>;

/** DynamoDB refuses a path through a map that is not there. */
function mapIn(item: Item, name: string): Item {
  const map = item[name];
  if (typeof map !== 'object' || map === null) throw new Error(`there is no map ${name}`);
  return map as Item;
}

/**
 * DynamoDB's items and conditional writes in this process, about twenty times faster than the emulator behind HTTP. It refuses everything that it
 * does not support. The clean runs of all histories show that it answers like the emulator.
 */
export class MemoryTables {
  private readonly tables = new Map<string, Table>();
  private readonly watch: Watch;
  private readonly lag: Lag | undefined;
  /** Of an item that was written, what lay there before, and until when it may still be read. */
  private readonly before = new Map<string, { item: Item | undefined; until: number }>();

  constructor(watch: Watch = () => {}, lag?: Lag) {
    this.watch = watch;
    this.lag = lag;
  }

  /** The adapters use nothing of a client but `send`. */
  readonly client = {
    send: async (command: { constructor: { name: string }; input: Input }) =>
      this.answer(command.constructor.name, command.input),
  } as unknown as DynamoDBDocumentClient;

  /** Every item of a table, not a copy: must not be changed. */
  all(table: string): Item[] {
    return [...this.table(table).values()].flatMap((partition) => [...partition.values()]);
  }

  private answer(name: string, input: Input): object {
    switch (name) {
      case 'GetCommand':
        return { Item: copy(this.seen(input, this.find(input.TableName, input.Key), input.Key)) };
      case 'PutCommand':
        return this.put(input);
      case 'UpdateCommand':
        return this.update(input);
      case 'DeleteCommand':
        this.demand(input, this.find(input.TableName, input.Key));
        return this.write(input.TableName, input.Key, undefined);
      case 'QueryCommand':
        return this.query(input);
      case 'BatchGetCommand':
        return this.batchGet(input);
      case 'BatchWriteCommand':
        return this.batchWrite(input);
      default:
        throw new Error(`${name} is not known here`);
    }
  }

  private table(name: string): Table {
    const there = this.tables.get(name);
    if (there !== undefined) return there;
    const table: Table = new Map();
    this.tables.set(name, table);
    return table;
  }

  private find(table: string, key: Item | undefined): Item | undefined {
    return this.table(table).get(String(key?.pk))?.get(String(key?.sk));
  }

  /** The item as a read finds it. */
  private seen(
    { TableName, IndexName, ConsistentRead }: Input,
    item: Item | undefined,
    key: Item | undefined,
  ): Item | undefined {
    if (this.lag === undefined || ConsistentRead || IndexName !== undefined) return item;
    const older = this.before.get(placeOf(TableName, key));
    return older !== undefined && this.lag.now() < older.until && this.lag.is() ? older.item : item;
  }

  private write(table: string, key: Item | undefined, next: Item | undefined): object {
    const before = this.find(table, key);
    if (this.lag !== undefined) this.before.set(placeOf(table, key), { item: before, until: this.lag.now() + LAG_MS });
    if (next !== undefined) limited(next);
    this.watch(table, before, next);
    const partitions = this.table(table);
    const [pk, sk] = [String(key?.pk), String(key?.sk)];
    if (next === undefined) partitions.get(pk)?.delete(sk);
    else partitions.set(pk, (partitions.get(pk) ?? new Map<string, Item>()).set(sk, next));
    return {};
  }

  private put(input: Input): object {
    const { TableName, Item } = input;
    this.demand(input, this.find(TableName, Item));
    return this.write(TableName, Item, copy(Item));
  }

  private update(input: Input): object {
    const { TableName, Key, UpdateExpression, ReturnValues } = input;
    const before = this.find(TableName, Key);
    this.demand(input, before);
    const next: Item = { ...Key, ...copy(before) };
    for (const [path, value] of compiled(input, UpdateExpression).changes(before ?? {})) {
      const [name = '', ...maps] = path.toReversed();
      const place = maps.reduceRight<Item>((map, inner) => mapIn(map, inner), next);
      if (value === undefined) delete place[name];
      else place[name] = copy(value);
    }
    this.write(TableName, Key, next);
    return ReturnValues === undefined ? {} : { Attributes: copy(next) };
  }

  private demand(input: Input, before: Item | undefined): void {
    const { ConditionExpression, UpdateExpression, ExpressionAttributeNames, ExpressionAttributeValues } = input;
    const text = `${ConditionExpression ?? ''} ${UpdateExpression ?? ''}`;
    for (const placeholder of Object.keys({ ...ExpressionAttributeNames, ...ExpressionAttributeValues })) {
      if (!text.includes(placeholder)) throw new Error(`${placeholder} is not used in ${text}`);
    }
    if (ConditionExpression === undefined || compiled(input, ConditionExpression).holds(before ?? {})) return;
    throw refusal();
  }

  private query(input: Input): object {
    const { TableName, IndexName, KeyConditionExpression, FilterExpression, Limit = Number.POSITIVE_INFINITY } = input;
    const [hash, range] = IndexName === undefined ? ['pk', 'sk'] : (INDEXES[TableName]?.[IndexName] ?? []);
    if (hash === undefined || range === undefined) throw new Error(`${TableName} has no index ${IndexName}`);
    const keys = compiled(input, KeyConditionExpression);
    const partition = IndexName === undefined ? keys.equalTo(hash) : undefined;
    const items: Item[] =
      partition === undefined
        ? this.all(TableName)
        : [...(this.table(TableName).get(String(partition))?.values() ?? [])].flatMap((item): Item[] =>
            [this.seen(input, item, item)].filter((seen) => seen !== undefined),
          );
    const order = (a: Item, b: Item) => compare(a[range], b[range]) || compare(a.pk, b.pk) || compare(a.sk, b.sk);
    const sign = input.ScanIndexForward === false ? -1 : 1;
    const start = input.ExclusiveStartKey;
    const from = start && (this.find(TableName, start) ?? start);
    const found = items
      .filter((item) => item[hash] !== undefined && item[range] !== undefined && keys.holds(item))
      .filter((item) => from === undefined || sign * order(item, from) > 0)
      .sort((a, b) => sign * order(a, b));
    const page = found.slice(0, Limit);
    const kept =
      FilterExpression === undefined ? page : page.filter((item) => compiled(input, FilterExpression).holds(item));
    const shown = IndexName === undefined ? kept : kept.map((item) => pick(item, ['pk', 'sk', hash, range]));
    const last = found.length > page.length ? page.at(-1) : undefined;
    return { Items: copy(shown), Count: shown.length, LastEvaluatedKey: last && pick(last, ['pk', 'sk', hash, range]) };
  }

  private batchGet({ RequestItems }: Input): object {
    const answers = Object.entries(RequestItems as Record<string, { Keys: Item[] }>).map(([table, { Keys }]) => [
      table,
      Keys.flatMap((key) => copy(this.find(table, key)) ?? []),
    ]);
    return { Responses: Object.fromEntries(answers) };
  }

  private batchWrite({ RequestItems }: Input): object {
    for (const [table, requests] of Object.entries(
      RequestItems as Record<string, { DeleteRequest?: { Key: Item }; PutRequest?: { Item: Item } }[]>,
    )) {
      for (const { DeleteRequest, PutRequest } of requests) {
        if (DeleteRequest) this.write(table, DeleteRequest.Key, undefined);
        if (PutRequest) this.write(table, PutRequest.Item, copy(PutRequest.Item));
      }
    }
    return {};
  }
}

/** Many are thrown, and nobody reads their stack, which is half the cost of an error. */
function refusal(): Error {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const error = new ConditionalCheckFailedException({ $metadata: {}, message: 'The conditional request failed' });
  Error.stackTraceLimit = stackTraceLimit;
  return error;
}

const compiled = (input: Input, text = ''): Compiled =>
  compile(text, input.ExpressionAttributeNames ?? {}, input.ExpressionAttributeValues ?? {});

/** DynamoDB's limits in bytes of a sort key and of an item; only texts and bytes are counted. */
const MAX_KEY_BYTES = 1_024;
const MAX_ITEM_BYTES = 400 * 1024;

function limited(item: Item): void {
  let size = 0;
  for (const value of Object.values(item)) {
    if (typeof value === 'string') size += value.length;
    else if (value instanceof Uint8Array) size += value.byteLength;
  }
  const isKeyTooLong = String(item.sk).length > MAX_KEY_BYTES;
  if (size <= MAX_ITEM_BYTES && !isKeyTooLong) return;
  const message = isKeyTooLong ? 'Size of the sort key has exceeded the limit' : 'Item size has exceeded the maximum';
  throw Object.assign(new Error(message), { name: 'ValidationException' });
}

const placeOf = (table: string, key: Item | undefined): string => `${table} ${String(key?.pk)} ${String(key?.sk)}`;

const pick = (item: Item, names: string[]): Item => Object.fromEntries(names.map((name) => [name, item[name]]));

const compare = (a: unknown, b: unknown): number => {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0;
};

/** Copies as the document client marshals: undefined is left out, bytes stay bytes. So callers share nothing with the tables. */
function copy<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return new Uint8Array(value) as Value;
  if (Array.isArray(value)) return value.map((one: unknown) => copy(one)) as Value;
  const copied: Item = {};
  for (const [name, one] of Object.entries(value)) if (one !== undefined) copied[name] = copy(one);
  return copied as Value;
}
