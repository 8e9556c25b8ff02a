import { randomBytes } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { DeleteCommand, type DynamoDBDocumentClient, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Snapshot } from '../../core/catalog/snapshot.ts';
import type { Channel } from '../../core/channels/registry.ts';
import type { Pause } from '../../core/definitions/pins.ts';
import type { EpochMs } from '../../core/ids.ts';
import type { LiveRules } from '../../engine/definitions/ports.ts';
import { type PointerRecord, readPointer, readSnapshot, SnapshotGoneError } from './catalog.ts';
import { POINTER, SNAPSHOT, snapshotPartKey } from './catalog-keys.ts';
import { carriedOut } from './conditional-write.ts';

/** An item may have 400 KB, including its keys. */
const PART_BYTES = 350 * 1024;
/** A function that has read the pointer reads the snapshot well before this time. */
const KEPT_MS = 10 * 60_000;
const TRIES = 50;

/** Thrown if other definition calls kept coming first. */
export class RulesContendedError extends Error {
  override readonly name = 'RulesContendedError';
}

/** The writing side of the live rules: snapshots are immutable, and the pointer is updated under a condition on its version. */
export function liveRules(client: DynamoDBDocumentClient, table: string): LiveRules {
  async function read(): Promise<{ pointer: PointerRecord; snapshot: Snapshot }> {
    for (let attempt = 1; ; attempt += 1) {
      const pointer = await readPointer(client, table);
      try {
        return { pointer, snapshot: await readSnapshot(client, table, pointer) };
      } catch (error) {
        if (!(error instanceof SnapshotGoneError) || attempt === TRIES) throw error;
      }
    }
  }

  async function write(pointer: PointerRecord, next: Snapshot, now: EpochMs): Promise<boolean> {
    const nonce = randomBytes(6).toString('hex');
    const bytes = deflateRawSync(JSON.stringify(next));
    const parts = Math.ceil(bytes.length / PART_BYTES);
    for (let part = 0; part < parts; part += 1) {
      const body = bytes.subarray(part * PART_BYTES, (part + 1) * PART_BYTES);
      const sk = snapshotPartKey({ version: next.version, nonce }, part);
      await client.send(new PutCommand({ TableName: table, Item: { pk: SNAPSHOT, sk, body } }));
    }
    const superseded =
      pointer.parts === 0
        ? []
        : [{ version: pointer.version, nonce: pointer.nonce, parts: pointer.parts, until: now + KEPT_MS }];
    const kept = pointer.previous.filter((old) => old.until > now);
    const moved = await carriedOut(
      client.send(
        new UpdateCommand({
          TableName: table,
          Key: POINTER,
          UpdateExpression: 'SET version = :next, nonce = :nonce, parts = :parts, previous = :previous',
          ConditionExpression: pointer.parts === 0 ? 'attribute_not_exists(nonce)' : 'nonce = :nonceRead',
          ExpressionAttributeValues: {
            ':next': next.version,
            ':nonce': nonce,
            ':parts': parts,
            ':previous': [...kept, ...superseded],
            ...(pointer.parts === 0 ? {} : { ':nonceRead': pointer.nonce }),
          },
        }),
      ),
      // A snapshot that the pointer names, or named a moment ago, must not be removed as a failed try.
      async () => {
        const now = await readPointer(client, table);
        return now.nonce === nonce || now.previous.some((old) => old.nonce === nonce);
      },
    );
    if (!moved) await remove({ version: next.version, nonce, parts });
    else for (const old of pointer.previous.filter((one) => one.until <= now)) await remove(old);
    return moved;
  }

  async function remove(snapshot: { version: number; nonce: string; parts: number }): Promise<void> {
    for (let part = 0; part < snapshot.parts; part += 1) {
      await client.send(
        new DeleteCommand({ TableName: table, Key: { pk: SNAPSHOT, sk: snapshotPartKey(snapshot, part) } }),
      );
    }
  }

  return {
    read,

    async change(now: EpochMs, change: (live: Snapshot) => Promise<Snapshot | undefined>): Promise<void> {
      for (let attempt = 0; attempt < TRIES; attempt += 1) {
        const { pointer, snapshot } = await read();
        const next = await change(snapshot);
        if (next === undefined || (await write(pointer, { ...next, version: snapshot.version + 1 }, now))) return;
      }
      throw new RulesContendedError('too many definitions change at once');
    },

    async setPause(what: { channel: Channel } | { journey: string }, pause: Pause | undefined): Promise<void> {
      await client.send(
        new UpdateCommand({
          TableName: table,
          Key: POINTER,
          UpdateExpression: 'SET channels = if_not_exists(channels, :none), journeys = if_not_exists(journeys, :none)',
          ExpressionAttributeValues: { ':none': {} },
        }),
      );
      const [map, name] = 'channel' in what ? ['channels', what.channel] : ['journeys', what.journey];
      await client.send(
        new UpdateCommand({
          TableName: table,
          Key: POINTER,
          UpdateExpression: pause === undefined ? 'REMOVE #map.#name' : 'SET #map.#name = :pause',
          ExpressionAttributeNames: { '#map': map, '#name': name },
          ExpressionAttributeValues: pause === undefined ? undefined : { ':pause': pause },
        }),
      );
    },
  };
}
