import { Readable } from 'node:stream';

type Done = (error: Error | null, value?: unknown) => void;
type Write = { type: 'put'; key: string; value: unknown } | { type: 'del'; key: string };
interface Range {
  gt?: string;
  gte?: string;
  lt?: string;
  lte?: string;
  [option: string]: unknown;
}

/** The LevelDB, or its like in memory, that dynalite keeps everything in. */
interface Level {
  status: string;
  getSync(key: string): unknown;
  batch(writes: Write[]): Promise<void>;
  values(range: Range): { nextv(size: number): Promise<unknown[]>; close(): Promise<void> };
}
/** The part of it whose keys have a prefix: a table's items, or an index. */
interface Part {
  get(key: string, done: Done): void;
  put(key: string, value: unknown, done: Done): void;
  del(key: string, done: Done): void;
  createValueStream(range?: Range): Readable;
}
interface Store {
  db: Level;
  getItemDb(table: string): Part;
  getIndexDb(kind: IndexKind, table: string, index: string): Part;
  /** Calls `done` once what is written in this turn can be read, before anybody who waits for that hears of it. */
  afterWrites(done: () => void): void;
}
type IndexKind = 'Local' | 'Global';
interface Table {
  TableName: string;
  LocalSecondaryIndexes?: object[];
  GlobalSecondaryIndexes?: object[];
}
type Item = object | null | undefined;
interface Db {
  create(options: object): Store;
  updateIndexes(store: Store, table: Table, before: Item, after: Item, done: Done): void;
  getIndexActions(
    indexes: object[],
    before: Item,
    after: Item,
    table: Table,
  ): { puts: { index: string; key: string; item: object }[]; deletes: { index: string; key: string }[] };
}

/**
 * Has dynalite ask its LevelDB in fewer steps, on disk and in memory: items are read at once, without a turn through the thread pool; all that is
 * written in one turn of the event loop is one batch, an item with its entries in indexes; a query reads its items many at a time.
 */
export function speedUpStore(require: NodeJS.Require): void {
  const db = require('dynalite/db') as Db;
  const { create } = db;
  db.create = (options) => withFastWrites(create(options));
  // The item is written in the same turn, so in the same batch: whoever waits for it waits for its indexes.
  db.updateIndexes = (store, table, before, after, done) => {
    if (before || after)
      for (const kind of ['Local', 'Global'] as const) updateIndexesOf(db, kind, { store, table, before, after, done });
    done(null);
  };
}

interface Change {
  store: Store;
  table: Table;
  before: Item;
  after: Item;
  done: Done;
}

function updateIndexesOf(db: Db, kind: IndexKind, { store, table, before, after }: Change): void {
  const { puts, deletes } = db.getIndexActions(table[`${kind}SecondaryIndexes`] ?? [], before, after, table);
  const part = (index: string) => store.getIndexDb(kind, table.TableName, index);
  for (const { index, key } of deletes) part(index).del(key, ignore);
  for (const { index, key, item } of puts) part(index).put(key, item, ignore);
}

/** A batch that fails is reported by its item. */
const ignore = (): void => undefined;

function withFastWrites(store: Store): Store {
  const { db: level, getItemDb, getIndexDb } = store;
  const write = writesOfTurn(level);
  const parts = new Map<string, Part>();
  const partOf = (prefix: string, make: () => Part): Part => {
    const part = parts.get(prefix) ?? quickPart(level, write, prefix, make());
    parts.set(prefix, part);
    return part;
  };
  store.getItemDb = (table) => partOf(`item-${table}~`, () => getItemDb(table));
  store.getIndexDb = (kind, table, index) =>
    partOf(`index-${kind.toLowerCase()}~${table}~${index}~`, () => getIndexDb(kind, table, index));
  store.afterWrites = (done) => write(undefined, done);
  return store;
}

/** Without a write, `done` is called all the same. */
type Writer = (write: Write | undefined, done: Done) => void;

/** While one batch is written, the next one gathers. */
function writesOfTurn(level: Level): Writer {
  let waiting: { write: Write | undefined; done: Done }[] = [];
  let isWriting = false;

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      const error = await level.batch(batch.flatMap(({ write }) => write ?? [])).then(
        () => null,
        (failure: Error) => failure,
      );
      for (const { done } of batch) done(error);
    }
    isWriting = false;
  }

  return (write, done) => {
    waiting.push({ write, done });
    if (isWriting) return;
    isWriting = true;
    setImmediate(() => void writeAll());
  };
}

/** Most items of a query that are read at once. */
const ITEMS_AT_ONCE = 100;

function quickPart(level: Level, write: Writer, prefix: string, part: Part): Part {
  return {
    ...part,
    get(key, done) {
      if (level.status !== 'open') return part.get(key, done);
      let value: unknown;
      try {
        value = level.getSync(prefix + key);
      } catch (error) {
        return done(error as Error);
      }
      done(null, value);
    },
    put: (key, value, done) => write({ type: 'put', key: prefix + key, value }, done),
    del: (key, done) => write({ type: 'del', key: prefix + key }, done),
    createValueStream(range = {}) {
      const values = level.values(within(prefix, range));
      return new Readable({
        objectMode: true,
        read() {
          values.nextv(ITEMS_AT_ONCE).then(
            (items) => {
              for (const item of items) this.push(item);
              if (items.length === 0) this.push(null);
            },
            (error: Error) => this.destroy(error),
          );
        },
        destroy(error, done) {
          values.close().then(
            () => done(error),
            () => done(error),
          );
        },
      });
    },
  };
}

/** As dynalite's own prefixes do. */
function within(prefix: string, { gt, gte, lt, lte, ...options }: Range): Range {
  const from = gte !== undefined ? { gte: prefix + gte } : gt !== undefined ? { gt: prefix + gt } : { gte: prefix };
  const to = lte !== undefined ? { lte: prefix + lte } : { lt: prefix + (lt ?? '\xFF') };
  return { ...options, ...from, ...to };
}
