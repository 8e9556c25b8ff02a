import { createWriteStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod';
import { exportPartKey, partsPrefix } from '../../core/jobs/export-spec.ts';
import type { Cursor } from '../../engine/ports.ts';
import type { ExportPart, ExportParts } from '../../engine/results/ports.ts';
import { deleteObjects } from './delete-objects.ts';
import { objectStore } from './objects.ts';

const compressed = promisify(gzip);
const decompressed = promisify(gunzip);

/** Parts of exports: JSON lines, compressed, the last of them `{next}` where another part follows; their metadata say how many lines come before it. */
export function exportParts(client: S3Client, bucket: string): ExportParts {
  const objects = objectStore(client, bucket);
  const read = (Key: string) => client.send(new GetObjectCommand({ Bucket: bucket, Key }));
  return {
    async put(id, place, part: ExportPart): Promise<{ lines: number; next?: Cursor | undefined }> {
      const key = exportPartKey(id, place);
      const lines = part.lines.length;
      if (await objects.putNew(key, await compressed(textOf(part)), { lines: String(lines) }))
        return { lines, next: part.next };
      const { Body, Metadata } = await read(key);
      const text = (await decompressed((await Body?.transformToByteArray()) ?? new Uint8Array())).toString('utf8');
      return { lines: Number(Metadata?.lines ?? 0), ...nextIn(text) };
    },

    async list(id: string): Promise<string[]> {
      const keys: string[] = [];
      let token: string | undefined;
      do {
        const page = await client.send(
          new ListObjectsV2Command({ Bucket: bucket, Prefix: partsPrefix(id), ContinuationToken: token }),
        );
        for (const { Key } of page.Contents ?? []) if (Key !== undefined) keys.push(Key);
        token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
      } while (token !== undefined);
      return keys;
    },

    async fetch(key: string, path: string): Promise<number> {
      const { Body, Metadata } = await read(key);
      await pipeline(Body as Readable, createWriteStream(path)); // in Node
      return Number(Metadata?.lines ?? 0);
    },

    delete: (keys: readonly string[]): Promise<void> => deleteObjects(client, bucket, keys),
  };
}

const textOf = ({ lines, next }: ExportPart): string =>
  [...lines, ...(next === undefined ? [] : [JSON.stringify({ next })])].map((line) => `${line}\n`).join('');

const NextSchema = z.strictObject({ next: z.record(z.string(), z.unknown()) });

function nextIn(text: string): { next?: Cursor } {
  const last = text.trimEnd().split('\n').at(-1) ?? '';
  const found = last === '' ? undefined : NextSchema.safeParse(JSON.parse(last));
  return found?.success === true ? found.data : {};
}
