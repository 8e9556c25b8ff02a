import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import type {
  GetObjectCommandInput,
  ListObjectsV2CommandInput,
  PutObjectCommandInput,
  S3Client,
} from '@aws-sdk/client-s3';
import { expect, it } from 'vitest';
import { exportParts } from '../../../adapters/s3/export-parts.ts';

const FIRST = { shard: 3, page: 0 };
const KEY = 'exports/job/3-00000000.jsonl.gz';
type Input = Partial<PutObjectCommandInput & GetObjectCommandInput & ListObjectsV2CommandInput>;

/** S3, which refuses to put what is there if it is asked to. */
function bucket() {
  const objects = new Map<string, { body: Buffer; metadata: Record<string, string> | undefined }>();
  const client = {
    send: async ({ input }: { input: Input }) => {
      if (input.Prefix !== undefined)
        return {
          Contents: [...objects.keys()].filter((key) => key.startsWith(input.Prefix ?? '')).map((Key) => ({ Key })),
        };
      const key = String(input.Key);
      const there = objects.get(key);
      if ('Body' in input) {
        if (input.IfNoneMatch === '*' && there !== undefined)
          throw Object.assign(new Error('there'), { name: 'PreconditionFailed' });
        return void objects.set(key, { body: input.Body as Buffer, metadata: input.Metadata });
      }
      const body = there?.body ?? Buffer.alloc(0);
      return {
        Metadata: there?.metadata,
        Body: Object.assign(Readable.from([body]), { transformToByteArray: async () => body }),
      };
    },
  };
  return exportParts(client as unknown as S3Client, 'bucket');
}

it('a part stays as it was written first, and whoever comes second goes on from there', async () => {
  const parts = bucket();
  const next = { page: 1, visits: [{ key: 'c' }] };
  expect(await parts.put('job', FIRST, { lines: ['{"key":"a"}', '{"key":"b"}'], next })).toEqual({ lines: 2, next });
  expect(await parts.put('job', FIRST, { lines: ['{"key":"d"}'] })).toEqual({ lines: 2, next });
  expect(await parts.put('job', { shard: 4, page: 0 }, { lines: ['{"key":"next"}'] })).toEqual({ lines: 1 });
  expect(await parts.put('job', { shard: 4, page: 0 }, { lines: [], next })).toEqual({ lines: 1 });
});

it('parts are found by their export, and fetched as they are stored', async () => {
  const parts = bucket();
  await parts.put('job', FIRST, { lines: ['{"key":"a"}'], next: { page: 1 } });
  await parts.put('jobs', FIRST, { lines: [] });
  expect(await parts.list('job')).toEqual([KEY]);
  const folder = mkdtempSync(join(tmpdir(), 'part-'));
  expect(await parts.fetch(KEY, join(folder, 'part'))).toBe(1);
  expect(gunzipSync(readFileSync(join(folder, 'part'))).toString()).toBe('{"key":"a"}\n{"next":{"page":1}}\n');
  rmSync(folder, { recursive: true });
});
