import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { hashId } from '../../core/ids.ts';
import { FACTS_PREFIX, partitionOf } from '../../core/results/fact-files.ts';
import type { Days } from '../../core/results/sql/question.ts';
import type { FactFile, Lake } from '../../engine/results/ports.ts';
import { deleteObjects } from './delete-objects.ts';

interface Options {
  bucket: string;
  /** Where files are kept as long as there is room: nothing is ever written under a key again but the same facts. */
  folder: string;
  maxBytes: number;
}

/** The data lake in S3, with the files that were read last on this machine. */
export function s3Lake(client: S3Client, { bucket, folder, maxBytes }: Options): Lake {
  const kept = keptFiles(folder, maxBytes);
  return {
    async list({ from, to }: Days): Promise<FactFile[]> {
      const files: FactFile[] = [];
      // Behind all keys of the last day: `0` comes after `/`.
      const end = to === undefined ? undefined : partitionOf(to).replace(/\/$/, '0');
      let token: string | undefined;
      do {
        const page = await client.send(
          new ListObjectsV2Command({
            Bucket: bucket,
            Prefix: FACTS_PREFIX,
            ...(token === undefined ? { StartAfter: partitionOf(from) } : { ContinuationToken: token }),
          }),
        );
        const found = (page.Contents ?? []).map(({ Key = '', Size = 0, LastModified }) => ({
          key: Key,
          bytes: Size,
          at: LastModified?.getTime() ?? 0,
        }));
        files.push(...found.filter(({ key }) => end === undefined || key < end));
        const isPast = end !== undefined && found.some(({ key }) => key >= end);
        token = isPast || page.IsTruncated !== true ? undefined : page.NextContinuationToken;
      } while (token !== undefined);
      return files;
    },

    fetch: (file: FactFile) =>
      kept.get(file, async () => {
        try {
          const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: file.key }));
          return Body as Readable | undefined; // in Node
        } catch (error) {
          if (error instanceof Error && error.name === 'NoSuchKey') return undefined;
          throw error;
        }
      }),

    async put(key: string, path: string): Promise<void> {
      const body = await readFile(path);
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentLength: body.length }));
    },

    delete: (keys: readonly string[]): Promise<void> => deleteObjects(client, bucket, keys),
  };
}

/** Files of this machine; those that were asked for least recently make room. */
function keptFiles(folder: string, maxBytes: number) {
  const files = new Map<string, { path: Promise<string | undefined>; bytes: number }>();
  let total = 0;

  async function fetch(open: () => Promise<Readable | undefined>, key: string): Promise<string | undefined> {
    const body = await open();
    if (body === undefined) return undefined;
    await mkdir(folder, { recursive: true });
    const path = join(folder, `${hashId(key)}.parquet`);
    const partial = `${path}.${randomUUID()}`;
    await pipeline(body, createWriteStream(partial));
    await rename(partial, path);
    return path;
  }

  function forget(key: string): void {
    const file = files.get(key);
    files.delete(key);
    total -= file?.bytes ?? 0;
  }

  /** A file that a query reads now stays open although it is deleted; it was asked for last anyway. */
  async function makeRoom(bytes: number): Promise<void> {
    for (const [key, { path }] of files) {
      if (total + bytes <= maxBytes) return;
      forget(key);
      const old = await path;
      if (old !== undefined) await rm(old, { force: true });
    }
  }

  return {
    async get({ key, bytes }: FactFile, open: () => Promise<Readable | undefined>): Promise<string | undefined> {
      const known = files.get(key);
      const there = known && (await known.path);
      if (known !== undefined && there !== undefined && (await exists(there))) {
        files.delete(key);
        files.set(key, known);
        return there;
      }
      if (known !== undefined) forget(key);
      await makeRoom(bytes);
      const path = fetch(open, key);
      files.set(key, { path, bytes });
      total += bytes;
      path.then(
        (found) => found === undefined && files.get(key)?.path === path && forget(key),
        () => files.get(key)?.path === path && forget(key),
      );
      return path;
    },
  };
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
