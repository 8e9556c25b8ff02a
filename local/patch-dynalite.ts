import { hash } from 'node:crypto';

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

/** Caches what dynalite reads again at every request, and has it hash keys by one call each. */
export function patchDynalite(require: NodeJS.Require): void {
  const db = require('dynalite/db') as { create(options: object): Store };
  const { create } = db;
  db.create = (options) => keepingTables(create(options));
  hashAtOnce(require);
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

interface Crypto {
  createHash(algorithm: string, options?: object): unknown;
}

/** Keys are hashed several times a request: an object for each takes four times as long as one call. */
function hashAtOnce(require: NodeJS.Require): void {
  const crypto = require('node:crypto') as Crypto;
  const { createHash } = crypto;
  crypto.createHash = (algorithm, options) => (algorithm === 'md5' ? new Md5() : createHash(algorithm, options));
}

/** The part of a `Hash` that dynalite uses. */
class Md5 {
  private readonly parts: Uint8Array[] = [];

  update(part: string | Uint8Array): this {
    this.parts.push(typeof part === 'string' ? Buffer.from(part) : part);
    return this;
  }

  digest(encoding: 'hex'): string {
    return hash('md5', Buffer.concat(this.parts), encoding);
  }
}
