type Parsed = { expression: unknown } | string;
interface Context {
  attrNames?: Record<string, string>;
  attrVals?: Record<string, object>;
  unusedAttrNames: Record<string, true>;
  unusedAttrVals: Record<string, true>;
}
interface Parser {
  parse(expression: string, options: { context: Context }): Parsed;
}
type Done = (error: Error | null, table?: unknown) => void;
interface Store {
  tableDb: Record<'put' | 'del', (...args: unknown[]) => void>;
  getTable(name: string, checkStatus: boolean | Done, done?: Done): void;
}

/**
 * Its streams end their iterators by `return`, which those of abstract-level 3 lack: each query would leave one open for ever, with all data that it
 * has read.
 */
export function closeIterators(require: NodeJS.Require): void {
  const level = require('abstract-level') as Record<string, { prototype: Closing }>;
  for (const name of ['AbstractIterator', 'AbstractKeyIterator', 'AbstractValueIterator']) {
    const prototype = level[name]?.prototype;
    if (prototype === undefined) throw new Error('abstract-level is not of the version that this was written for');
    prototype.return ??= function end() {
      return this.close();
    };
  }
}
interface Closing {
  close(): Promise<void>;
  return?(this: Closing): Promise<void>;
}

/** Caches data that dynalite reads again at every request, which takes a third of its time. */
export function patchDynalite(require: NodeJS.Require): void {
  const db = require('dynalite/db') as { create(options: object): Store };
  const { create } = db;
  db.create = (options) => keepingTables(create(options));
  remember(require('dynalite/db/conditionParser') as Parser);
  // Until its deprecation warning was printed, `url.parse` inspects the stack at every call.
  const before = process.noDeprecation;
  process.noDeprecation = true;
  (require('node:url') as { parse(url: string): void }).parse('/');
  process.noDeprecation = before;
}

/** Reads a table's description from the store once, until one is written. */
function keepingTables(store: Store): Store {
  const { getTable, tableDb } = store;
  const kept = new Map<string, unknown>();
  for (const write of ['put', 'del'] as const) {
    const plain = tableDb[write];
    tableDb[write] = (key, ...rest) => {
      kept.clear();
      plain(key, ...rest);
    };
  }
  store.getTable = (name, checkStatus, done) => {
    // With `checkStatus` the caller is about to change it.
    if (typeof checkStatus !== 'function') return getTable(name, checkStatus, done);
    const table = kept.get(name);
    if (table !== undefined) return checkStatus(null, table);
    getTable(name, (error, found) => {
      if (!error) kept.set(name, found);
      checkStatus(error, found);
    });
  };
  return store;
}

interface Memo {
  parsed: Exclude<Parsed, string>;
  /** Names of the values, by the objects in `parsed`. */
  values: Map<unknown, string>;
  used: { names: string[]; values: string[] };
}
/** Operators whose validity depends on a value, not only on its type. */
const OF_VALUES = /between|attribute_type/i;
const MAX_KEPT = 500;

/** Parses a condition once for its text, its names and its values' types, and then fills in the values. */
function remember(parser: Parser): void {
  const { parse } = parser;
  const memos = new Map<string, Memo>();
  parser.parse = (expression, { context }) => {
    if (OF_VALUES.test(expression)) return parse(expression, { context });
    const { attrNames = {}, attrVals = {} } = context;
    const types = Object.entries(attrVals).map(([name, value]) => `${name} ${Object.keys(value)}`);
    const key = JSON.stringify([expression, attrNames, types]);
    let memo = memos.get(key);
    if (memo === undefined) {
      const [unusedAttrNames, unusedAttrVals] = [flags(attrNames), flags(attrVals)];
      const parsed = parse(expression, { context: { ...context, unusedAttrNames, unusedAttrVals } });
      if (typeof parsed === 'string') return parsed;
      memo = {
        parsed,
        values: new Map(Object.entries(attrVals).map(([name, value]) => [value, name])),
        used: {
          names: Object.keys(attrNames).filter((name) => !(name in unusedAttrNames)),
          values: Object.keys(attrVals).filter((name) => !(name in unusedAttrVals)),
        },
      };
      if (memos.size >= MAX_KEPT) memos.clear();
      memos.set(key, memo);
    }
    for (const name of memo.used.names) delete context.unusedAttrNames[name];
    for (const name of memo.used.values) delete context.unusedAttrVals[name];
    return { ...memo.parsed, expression: filled(memo.parsed.expression, memo.values, attrVals) };
  };
}

const flags = (all: object): Record<string, true> => Object.fromEntries(Object.keys(all).map((name) => [name, true]));

function filled(node: unknown, values: Map<unknown, string>, attrVals: Record<string, object>): unknown {
  const name = values.get(node);
  if (name !== undefined) return attrVals[name];
  if (Array.isArray(node)) return node.map((part) => filled(part, values, attrVals));
  if (node === null || typeof node !== 'object') return node;
  return Object.fromEntries(Object.entries(node).map(([part, value]) => [part, filled(value, values, attrVals)]));
}
