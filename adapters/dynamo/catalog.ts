import { inflateRawSync } from 'node:zlib';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { emptySnapshot } from '../../core/catalog/build-snapshot.ts';
import type { Definitions, Version } from '../../core/catalog/definitions.ts';
import type { Pointer, Snapshot } from '../../core/catalog/snapshot.ts';
import { type Compiled, hasLifecycle, type Kind } from '../../core/definitions/definition.ts';
import type { Pins } from '../../core/definitions/pins.ts';
import type { CatalogStore, Freshness } from '../../engine/definitions/ports.ts';
import type { Clock } from '../../engine/ports.ts';
import { type CacheOptions, type CacheStamp, cacheAges } from './cache-age.ts';
import { definitionKey, POINTER, SNAPSHOT, snapshotPartKey, versionKey } from './catalog-keys.ts';
import { keptContent } from './kept-content.ts';
import { tableOf } from './table.ts';
import { versionOf } from './versions.ts';

/** Most versions in memory; the least recently read one is dropped first. */
const MAX_VERSIONS = 300;
/** A part has 350 KB, and a call answers 16 MB. */
const PARTS_AT_ONCE = 40;
/** If the parts of a snapshot are gone, it was superseded a while ago: the pointer is read again, at most this often. */
const TRIES = 3;

/** The pointer item: key of the newest snapshot, and the pauses. */
export interface PointerRecord extends Pointer {
  nonce: string;
  /** Number of parts of the newest snapshot; 0: no snapshot was ever written. */
  parts: number;
  previous: { version: number; nonce: string; parts: number; until: number }[];
}

/** The live rules and immutable versions, as functions read them. Written by `live-rules.dynamo.ts` and `definitions.dynamo.ts`. */
export function catalogStore(client: DynamoDBDocumentClient, options: CatalogOptions): CatalogStore {
  const { table } = options;
  return { ...liveSnapshots(client, options), ...keptVersions(client, table), ...keptContent(client, table) };
}

interface CatalogOptions {
  table: string;
  /** How old a copy of the pointer may be; 0: looked at in every call, unless `changes` counts its changes. */
  pointerMaxAgeMs: number;
  clock: Clock;
  changes?: CacheOptions['changes'];
}

/** Keeps the newest snapshot, and looks at the pointer to it when its copy is too old. */
function liveSnapshots(client: DynamoDBDocumentClient, options: CatalogOptions): Pick<CatalogStore, 'snapshot'> {
  const { table } = options;
  const ages = cacheAges({ ...options, maxAgeMs: options.pointerMaxAgeMs });
  let pointer: ({ record: PointerRecord } & CacheStamp) | undefined;
  let reading: ({ record: Promise<PointerRecord> } & CacheStamp) | undefined;
  let loaded: { nonce: string; snapshot: Promise<Snapshot> } | undefined;

  async function currentPointer({ version = 0, since = 0 }: Freshness): Promise<PointerRecord> {
    const isCurrent = (copy: CacheStamp) => (ages.isCounted() || copy.at >= since) && ages.isFresh(copy);
    if (pointer && isCurrent(pointer) && pointer.record.version >= version) return pointer.record;
    // Calls that find the copy too old at the same time share a read.
    const shared = reading && isCurrent(reading) ? await reading.record.catch(() => undefined) : undefined;
    if (shared !== undefined && shared.version >= version) return shared;
    const mark = ages.stamp();
    const mine = { record: readPointer(client, table), ...mark };
    reading = mine;
    try {
      const record = await mine.record;
      pointer = { record, ...mark };
      return record;
    } finally {
      if (reading === mine) reading = undefined;
    }
  }

  async function load(record: PointerRecord): Promise<Snapshot> {
    if (loaded?.nonce !== record.nonce) loaded = { nonce: record.nonce, snapshot: readSnapshot(client, table, record) };
    const mine = loaded;
    try {
      return await mine.snapshot;
    } catch (error) {
      if (loaded === mine) loaded = undefined;
      throw error;
    }
  }

  return {
    async snapshot(freshness: Freshness = {}): Promise<{ snapshot: Snapshot; pointer: Pointer }> {
      for (let attempt = 1; ; attempt += 1) {
        const record = await currentPointer(freshness);
        try {
          return { snapshot: await load(record), pointer: record };
        } catch (error) {
          if (!(error instanceof SnapshotGoneError) || attempt === TRIES) throw error;
          pointer = undefined;
        }
      }
    },
  };
}

function keptVersions(client: DynamoDBDocumentClient, table: string): Pick<CatalogStore, 'version'> {
  const catalog = tableOf(client, table);
  const versions = new Map<string, Version>();
  const reading = new Map<string, Promise<unknown>>();

  async function read<K extends Kind>(kind: K, id: string, n: number, key: string): Promise<Version<K> | undefined> {
    // Strongly consistent: of a version that was just put or pinned, an exit would be passed over for good, or a message taken for poison.
    const item = await catalog.get({ pk: definitionKey(kind, id), sk: versionKey(n) });
    if (item === undefined) return undefined;
    const read = versionOf<K>(item);
    // A version without pins is not published yet, so it will change once more.
    if (!hasLifecycle(kind) || read.pins) {
      versions.set(key, read);
      const oldest = versions.size > MAX_VERSIONS ? versions.keys().next().value : undefined;
      if (oldest !== undefined) versions.delete(oldest);
    }
    return read;
  }

  return {
    async version<K extends Kind>(
      kind: K,
      id: string,
      n: number,
    ): Promise<{ definition: Definitions[K]; pins?: Pins; compiled?: Compiled } | undefined> {
      const key = `${kind}#${id}#${n}`;
      // Another call's read may have begun before this call: only what no longer changes is taken from it.
      const other = versions.has(key) ? undefined : reading.get(key);
      if (other !== undefined) await other.catch(() => undefined);
      const kept = versions.get(key);
      // The key contains the kind, so the cached version is of that kind.
      if (kept) return kept as Version<K>;
      const mine = read(kind, id, n, key);
      reading.set(key, mine);
      try {
        return await mine;
      } finally {
        if (reading.get(key) === mine) reading.delete(key);
      }
    },
  };
}

/** Thrown if parts were removed because the snapshot was superseded. */
export class SnapshotGoneError extends Error {
  override readonly name = 'SnapshotGoneError';
}

/** Strongly consistent. */
export async function readPointer(client: DynamoDBDocumentClient, table: string): Promise<PointerRecord> {
  const item = await tableOf(client, table).get(POINTER);
  const nothing: PointerRecord = { version: 0, nonce: '', parts: 0, previous: [], channels: {}, journeys: {} };
  // Only `live-rules.dynamo.ts` writes this item.
  return { ...nothing, ...(item as Partial<PointerRecord> | undefined) };
}

export async function readSnapshot(
  client: DynamoDBDocumentClient,
  table: string,
  at: PointerRecord,
): Promise<Snapshot> {
  if (at.parts === 0) return emptySnapshot();
  const keys = Array.from({ length: at.parts }, (_, part) => ({ pk: SNAPSHOT, sk: snapshotPartKey(at, part) }));
  const items = await tableOf(client, table).getAll(keys, PARTS_AT_ONCE);
  const parts = new Map(items.map((item) => [String(item.sk), item.body as Uint8Array]));
  const bodies = keys.map(({ sk }) => parts.get(sk));
  if (bodies.some((body) => body === undefined)) throw new SnapshotGoneError(`snapshot ${at.version} is gone`);
  const json = inflateRawSync(Buffer.concat(bodies as Uint8Array[])).toString('utf8');
  return JSON.parse(json) as Snapshot;
}
