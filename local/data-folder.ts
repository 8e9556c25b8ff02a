import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

/** State of the process that is stored beside the emulators' own files. */
const KeptSchema = z.object({
  now: z.int().optional(),
  secret: z.string(),
  /** All stores were created: if one is missing later, it has been lost. */
  isWhole: z.boolean().optional(),
});
type Kept = z.infer<typeof KeptSchema>;

const CLOUD = 'cloud.json';
const TABLES = 'tables';
/** Without it LevelDB creates a new database, and deletes the files of the old one. */
const TABLES_CURRENT = join(TABLES, 'CURRENT');
const QUEUES = join('queues', 'fauxqs.db');
const EXECUTIONS = 'executions.db';

/** Returns the folder of an emulator, or undefined if nothing is stored. */
export function folder(dataDir: string | undefined, name: string): string | undefined {
  if (dataDir === undefined) return undefined;
  const path = join(dataDir, name);
  mkdirSync(path, { recursive: true });
  return path;
}

/** Opens something in the data folder; errors name the folder. */
export async function inFolder<Opened>(dataDir: string | undefined, open: () => Promise<Opened>): Promise<Opened> {
  try {
    return await open();
  } catch (error) {
    if (dataDir === undefined) throw error;
    throw new Error(`the data folder ${dataDir} cannot be used: ${causeOf(error)}${remedyFor(error)}`);
  }
}

/** Message for the end of a process whose folder can no longer be written. */
export const brokenFolder = (dataDir: string | undefined, error: unknown): string =>
  dataDir === undefined
    ? `the tables have stopped: ${causeOf(error)}`
    : `the data folder ${dataDir} cannot be written: ${causeOf(error)}; what was answered is kept${isDisk(error) ? remedyFor(error) : ''}`;

const FULL = /ENOSPC|EDQUOT|EFBIG|no space left|quota exceeded|file too large|disk is full/i;
const READ_ONLY = /EROFS|EACCES|EPERM|read-?only|permission denied|not permitted|attempt to write a readonly/i;
const NO_FOLDER = /ENOENT|ENOTDIR|EEXIST/;
const TAKEN = /LOCK: |database is locked|temporarily unavailable|already held/i;

const isDisk = (error: unknown): boolean => FULL.test(String(error)) || READ_ONLY.test(String(error));

const causeOf = (error: unknown): string => {
  const text = error instanceof Error ? error.message.split('\n')[0] : String(error);
  if (FULL.test(String(text))) return `the disk is full (${text})`;
  if (READ_ONLY.test(String(text))) return `it is read-only here (${text})`;
  return String(text);
};

function remedyFor(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  if (FULL.test(text)) return '; make room and start again';
  if (READ_ONLY.test(text)) return '; make it writable, or name another with --data';
  if (TAKEN.test(text)) return '; another process uses it: end that one, or name another folder with --data';
  if (NO_FOLDER.test(text)) return '; name another with --data';
  if (error instanceof LostStoreError) return '; nothing in it was touched: put the file back, or name another folder';
  return '; end the process that uses it, or remove the folder to begin anew';
}

/** Thrown if a used folder lacks one of its stores. */
class LostStoreError extends Error {
  override readonly name = 'LostStoreError';
}

/** Checks without changing anything. @throws LostStoreError if opening a store would create a new one beside the rest */
function findLost(dataDir: string): void {
  const has = (name: string): boolean => existsSync(join(dataDir, name));
  const isEmpty = (name: string): boolean => !has(name) || statSync(join(dataDir, name)).size === 0;
  const hasTables = has(TABLES) && readdirSync(join(dataDir, TABLES)).some((name) => /\.(ldb|sst|log)$/.test(name));
  if (!has(CLOUD) && (hasTables || has(TABLES_CURRENT) || has(QUEUES) || has(EXECUTIONS)))
    throw new LostStoreError(`${CLOUD} is missing, though other files are there`);
  const isWhole = has(CLOUD) && readKeptFile(join(dataDir, CLOUD)).isWhole === true;
  if (isEmpty(TABLES_CURRENT) && (hasTables || isWhole))
    throw new LostStoreError(`${TABLES_CURRENT} is missing or empty`);
  const lost = [QUEUES, EXECUTIONS].find(isEmpty);
  if (isWhole && lost !== undefined) throw new LostStoreError(`${lost} is missing or empty`);
}

function readKeptFile(file: string): Kept {
  const text = readFileSync(file, 'utf8');
  try {
    return KeptSchema.parse(JSON.parse(text));
  } catch {
    throw new Error(`${file} is not what Cairn wrote`);
  }
}

/** @throws Error if the folder is broken, or has lost a store */
export function readKept(dataDir: string | undefined): Kept {
  const fresh = { secret: randomBytes(24).toString('base64url') };
  if (dataDir === undefined) return fresh;
  findLost(dataDir);
  mkdirSync(dataDir, { recursive: true });
  const file = join(dataDir, CLOUD);
  if (existsSync(file)) return readKeptFile(file);
  keep(dataDir, fresh);
  return fresh;
}

/** Written to another file and renamed: a crash leaves the old file or the new one. */
export function keep(dataDir: string | undefined, kept: Kept): void {
  if (dataDir === undefined) return;
  const file = join(dataDir, CLOUD);
  writeFileSync(`${file}.new`, JSON.stringify(kept));
  renameSync(`${file}.new`, file);
}

/** Wraps a store so that `onBroken` is called when a call fails: the disk is full or gone. `before` is called before each call. */
export function watched<Store extends object>(
  store: Store,
  onBroken: (error: Error) => void,
  before?: () => void,
): Store {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        before?.();
        return orBroken(onBroken, () => Reflect.apply(value, target, args));
      };
    },
  });
}

/** Calls `onBroken` if `work` throws, and throws too. */
export function orBroken<Result>(onBroken: (error: Error) => void, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    onBroken(error instanceof Error ? error : new Error(String(error)));
    throw error;
  }
}
