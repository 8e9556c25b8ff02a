import { randomBytes } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { pausableName, pauseIn } from '../../core/catalog/pauses.ts';
import type { Snapshot } from '../../core/catalog/snapshot.ts';
import type { Pausable, Pause } from '../../core/definitions/pins.ts';
import type { EpochMs } from '../../core/ids.ts';
import { CONFLICT, retryOnConflict } from '../../core/retry-on-conflict.ts';
import type { LiveRules } from '../../engine/definitions/ports.ts';
import { type PointerRecord, readPointer, readSnapshot, SnapshotGoneError } from './catalog.ts';
import { POINTER, SNAPSHOT, snapshotPartKey } from './catalog-keys.ts';
import { carriedOut, isConditionMet } from './conditional-write.ts';
import { allOf, type Change, type Expression, expression, path } from './expressions.ts';
import { type Table, tableOf } from './table.ts';

/** An item may have 400 KB, including its keys. */
const PART_BYTES = 350 * 1024;
/** A function that has read the pointer reads the snapshot well before this time. */
const KEPT_MS = 10 * 60_000;
const MAX_ATTEMPTS = 50;
/** Occurrences that one call forgets: an expression may have 4 KB. */
const MAX_FORGOTTEN = 50;

/** Thrown if other definition calls kept coming first. */
export class RulesContendedError extends Error {
  override readonly name = 'RulesContendedError';
}

/** The writing side of the live rules: snapshots are immutable, and the pointer is updated under a condition on its version. */
export function liveRules(client: DynamoDBDocumentClient, table: string): LiveRules {
  const catalog = tableOf(client, table);
  const read = () => readLive(client, table);
  const ensureMaps = () =>
    catalog.update(POINTER, {
      set: Object.fromEntries(
        ['channels', 'journeys', 'campaigns', 'cancelled', 'generations', 'resumedAt', 'continued'].map((map) => [
          map,
          expression`if_not_exists(${path(map)}, ${{}})`,
        ]),
      ),
    });

  return {
    read,

    async change(now: EpochMs, change: (live: Snapshot) => Promise<Snapshot | undefined>): Promise<void> {
      await retryOnConflict(
        async () => {
          const { pointer, snapshot } = await read();
          const next = await change(snapshot);
          if (next === undefined) return undefined;
          const put = await putSnapshot(catalog, { ...next, version: snapshot.version + 1 });
          return (await moveTo(client, table, pointer, put, now)) ? undefined : CONFLICT;
        },
        () => new RulesContendedError('too many definitions change at once'),
        MAX_ATTEMPTS,
      );
    },

    async cancel({ campaign, id }, until, now): Promise<void> {
      await ensureMaps();
      const { cancelled = {} } = await readPointer(client, table);
      const over = Object.entries(cancelled)
        .filter(([, end]) => end < now)
        .slice(0, MAX_FORGOTTEN);
      await catalog.update(POINTER, {
        set: { [`cancelled.${campaign}#${id}`]: until },
        remove: over.map(([name]) => `cancelled.${name}`),
      });
    },

    async setPause(what: Pausable, pause: Pause | undefined, at?: EpochMs): Promise<void> {
      await ensureMaps();
      if (pause === undefined) return liftPause(client, table, what, at);
      await catalog.update(POINTER, { set: { [pointerPathsOf(what).pauses]: pause } });
    },

    continuePilots: (journey, upTo) => continuePilots(catalog, ensureMaps, journey, upTo),

    async pauseOnce(what: Pausable, pause: Pause, seen: number): Promise<boolean> {
      await ensureMaps();
      const { pauses, generation } = pointerPathsOf(what);
      const change = {
        set: { [pauses]: pause },
        when: allOf(isGeneration(generation, seen), expression`attribute_not_exists(${path(pauses)})`),
      };
      return carriedOut(catalog.update(POINTER, change), async () => {
        const there = pauseIn(await readPointer(client, table), what);
        return there?.alert !== undefined && there.alert === pause.alert;
      });
    },
  };
}

/** If several lift it, one begins a generation. A repeat whose first answer was lost does not lift a later pause. */
async function liftPause(client: DynamoDBDocumentClient, table: string, what: Pausable, at?: EpochMs): Promise<void> {
  const { pauses, generation, resumedAt } = pointerPathsOf(what);
  const { generations = {} } = await readPointer(client, table);
  const isSame = isGeneration(generation, generations[pausableName(what)]);
  const lift = {
    remove: [pauses],
    set: {
      [generation]: expression`if_not_exists(${path(generation)}, ${0}) + ${1}`,
      ...(at === undefined ? {} : { [resumedAt]: at }),
    },
    when: allOf(isSame, expression`attribute_exists(${path(pauses)})`),
  };
  await isConditionMet(tableOf(client, table).update(POINTER, lift));
}

async function continuePilots(
  catalog: Table,
  makeMaps: () => Promise<unknown>,
  journey: string,
  upTo: number | undefined,
): Promise<void> {
  await makeMaps();
  const place = `continued.${journey}`;
  if (upTo === undefined) return void (await catalog.update(POINTER, { remove: [place] }));
  const isLater = expression`attribute_not_exists(${path(place)}) OR ${path(place)} < ${upTo}`;
  await isConditionMet(catalog.update(POINTER, { set: { [place]: upTo }, when: isLater }));
}

/** It has been resumed so many times, as the caller has seen. */
const isGeneration = (place: string, seen = 0): Expression =>
  seen === 0 ? expression`attribute_not_exists(${path(place)})` : expression`${path(place)} = ${seen}`;

/** Where the pause, the number of resumes and the last one's instant stand in the pointer. */
function pointerPathsOf(what: Pausable): { pauses: string; generation: string; resumedAt: string } {
  const owner = pausableName(what);
  const pauses = Object.entries(what).map(([kind, id]) => `${kind}s.${id}`)[0] ?? '';
  return { pauses, generation: `generations.${owner}`, resumedAt: `resumedAt.${owner}` };
}

async function readLive(
  client: DynamoDBDocumentClient,
  table: string,
): Promise<{ pointer: PointerRecord; snapshot: Snapshot }> {
  for (let attempt = 1; ; attempt += 1) {
    const pointer = await readPointer(client, table);
    try {
      return { pointer, snapshot: await readSnapshot(client, table, pointer) };
    } catch (error) {
      if (!(error instanceof SnapshotGoneError) || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

interface Stored {
  version: number;
  nonce: string;
  parts: number;
}

async function putSnapshot(catalog: Table, snapshot: Snapshot): Promise<Stored> {
  const { version } = snapshot;
  const nonce = randomBytes(6).toString('hex');
  const bytes = deflateRawSync(JSON.stringify(snapshot));
  const parts = Math.ceil(bytes.length / PART_BYTES);
  for (let part = 0; part < parts; part += 1) {
    const body = bytes.subarray(part * PART_BYTES, (part + 1) * PART_BYTES);
    await catalog.put({ pk: SNAPSHOT, sk: snapshotPartKey({ version, nonce }, part), body });
  }
  return { version, nonce, parts };
}

/** Moves the pointer to a snapshot, and removes those that nobody reads any more. False: it has moved meanwhile, and the snapshot is gone. */
async function moveTo(
  client: DynamoDBDocumentClient,
  table: string,
  pointer: PointerRecord,
  stored: Stored,
  now: EpochMs,
): Promise<boolean> {
  const catalog = tableOf(client, table);
  const moved = await carriedOut(
    catalog.update(POINTER, pointerChange(pointer, stored, now)),
    // A snapshot that the pointer names, or named a moment ago, must not be removed as a failed try.
    async () => {
      const now = await readPointer(client, table);
      return now.nonce === stored.nonce || now.previous.some((old) => old.nonce === stored.nonce);
    },
  );
  if (!moved) await removeSnapshot(catalog, stored);
  else for (const old of pointer.previous.filter((one) => one.until <= now)) await removeSnapshot(catalog, old);
  return moved;
}

function pointerChange(pointer: PointerRecord, stored: Stored, now: EpochMs): Change {
  const { version, nonce, parts } = pointer;
  const superseded = parts === 0 ? [] : [{ version, nonce, parts, until: now + KEPT_MS }];
  const kept = pointer.previous.filter((old) => old.until > now);
  return {
    set: { ...stored, previous: [...kept, ...superseded] },
    when: parts === 0 ? expression`attribute_not_exists(#nonce)` : expression`#nonce = ${nonce}`,
  };
}

async function removeSnapshot(catalog: Table, stored: Stored): Promise<void> {
  for (let part = 0; part < stored.parts; part += 1) {
    await catalog.delete({ pk: SNAPSHOT, sk: snapshotPartKey(stored, part) });
  }
}
