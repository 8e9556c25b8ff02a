import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { bounded } from '../../../adapters/client-options.ts';
import { MAX_OBJECT_BYTES, objectStore } from '../../../adapters/s3/objects.ts';
import { buildAssembly } from '../../../local/assembly.ts';
import { newCredentials } from '../../../local/callers.ts';
import { type FaultMode, startOutbox } from '../../../local/providers/outbox.ts';
import type { Queues } from '../../../local/queues.ts';
import { startQueues } from '../../../local/start-queues.ts';
import type { Template } from '../../../local/template.ts';
import { s3 } from '../../../runtime/aws.ts';

const credentials = newCredentials();
const outbox = startOutbox();
const none = () => undefined;
let template: Template;
let bucket: string;
let cloud: Queues;

async function start(path?: string): Promise<Queues> {
  const started = await startQueues(template, {
    credentials,
    ...(path === undefined ? {} : { path }),
    objectFault: () => outbox.meets('s3'),
    onEnqueue: none,
    onBroken: none,
  });
  vi.stubEnv('AWS_ENDPOINT_URL_S3', started.url);
  return started;
}

beforeAll(async () => {
  template = await buildAssembly();
  bucket = String(template.of('AWS::S3::Bucket')[0]?.properties.BucketName);
});
beforeEach(async () => {
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', credentials.secretAccessKey);
  outbox.reset();
  cloud = await start();
});
afterEach(() => cloud.stop());
afterAll(() => vi.unstubAllEnvs());

const KEY = 'campaigns/double-eleven/2026-11-11T00:00:00.000Z/0001.jsonl';

describe('objects', () => {
  it('come back as they were put', async () => {
    const warned = vi.spyOn(console, 'warn');
    const objects = objectStore(s3(), bucket);
    const lines = '{"profile":"p1","zone":"Asia/Shanghai"}\n{"name":"小明 🎉"}\n';
    await objects.put(KEY, lines);
    await objects.put('campaigns/bytes', new TextEncoder().encode(lines));
    await objects.put('campaigns/empty', '');
    await objects.put('campaigns/like a form & more+', 'Action=Publish');
    expect(await objects.get(KEY)).toBe(lines);
    expect(await objects.get('campaigns/bytes')).toBe(lines);
    expect(await objects.get('campaigns/empty')).toBe('');
    expect(await objects.get('campaigns/like a form & more+')).toBe('Action=Publish');
    // As the SDK does of an empty body whose length it is not told.
    expect(warned).not.toHaveBeenCalled();
    warned.mockRestore();
  });

  it('are replaced by a repeat', async () => {
    const objects = objectStore(s3(), bucket);
    await objects.put(KEY, 'before');
    await objects.put(KEY, 'after');
    expect(await objects.get(KEY)).toBe('after');
  });

  it('that nobody put are undefined; a bucket that is not there is an error', async () => {
    expect(await objectStore(s3(), bucket).get(KEY)).toBeUndefined();
    await expect(objectStore(s3(), 'other').get(KEY)).rejects.toMatchObject({ name: 'NoSuchBucket' });
    await expect(objectStore(s3(), 'other').put(KEY, '')).rejects.toMatchObject({ name: 'NoSuchBucket' });
  });

  it('that changed on their way are not handed out', async () => {
    const client = s3();
    // S3 itself would refuse it.
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: KEY, Body: 'page', ChecksumCRC32: 'AAAAAA==' }));
    await expect(objectStore(client, bucket).get(KEY)).rejects.toThrow(/[Cc]hecksum/);
  });

  it('have at most ten MiB, by their bytes', async () => {
    const objects = objectStore(s3(), bucket);
    await objects.put(KEY, new Uint8Array(MAX_OBJECT_BYTES).fill(0x61));
    expect((await objects.get(KEY))?.length).toBe(MAX_OBJECT_BYTES);
    await expect(objects.put(KEY, 'é'.repeat(MAX_OBJECT_BYTES / 2 + 1))).rejects.toThrow(
      `${KEY} has 10485762 bytes, and may have 10485760`,
    );
  });
});

describe('a request for an object', () => {
  /** Of a client that does not wait as long. */
  const impatient = (endpoint = cloud.url) =>
    new S3Client({
      ...bounded,
      endpoint,
      requestHandler: { ...bounded.requestHandler, requestTimeout: 300, socketTimeout: 300 },
    });

  it.each<[FaultMode, string]>([
    ['throttle', 'SlowDown'],
    ['error', 'InternalError'],
  ])('is made three times where S3 answers %s', async (mode, name) => {
    const objects = objectStore(s3(), bucket);
    outbox.fault('s3', mode, 2);
    await objects.put(KEY, 'page');
    outbox.fault('s3', mode, 3);
    await expect(objects.get(KEY)).rejects.toMatchObject({ name });
    expect(await objects.get(KEY)).toBe('page');
  });

  it('is made once where S3 refuses it', async () => {
    const objects = objectStore(s3(), bucket);
    outbox.fault('s3', 'permanent', 1);
    await expect(objects.put(KEY, 'page')).rejects.toMatchObject({ name: 'AccessDenied' });
    expect(await objects.get(KEY)).toBeUndefined();
  });

  it.each<FaultMode>(['timeout', 'reset', 'lost'])('whose answer is lost is made again: %s', async (mode) => {
    const objects = objectStore(impatient(), bucket);
    outbox.fault('s3', mode, 1);
    await objects.put(KEY, 'page');
    outbox.fault('s3', mode, 1);
    expect(await objects.get(KEY)).toBe('page');
  });

  it.each<FaultMode>(['timeout', 'reset', 'lost'])('has been carried out where all answers are: %s', async (mode) => {
    const objects = objectStore(impatient(), bucket);
    outbox.fault('s3', mode, 3);
    await expect(objects.put(KEY, 'page')).rejects.toThrow();
    expect(await objects.get(KEY)).toBe('page');
  });

  it.each(['stops', 'closes'])('fails where an answer %s in the middle: no half of an object is read', async (how) => {
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('half');
      if (how === 'closes') setTimeout(() => response.destroy(), 50);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      await expect(objectStore(impatient(`http://127.0.0.1:${port}`), bucket).get(KEY)).rejects.toThrow();
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});

it('keeps objects in the folder, as messages, until a reset', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cairn-objects-'));
  try {
    for (const before of [undefined, 'page', undefined]) {
      await cloud.stop();
      cloud = await start(folder);
      const objects = objectStore(s3(), bucket);
      expect(await objects.get(KEY)).toBe(before);
      if (before === undefined) await objects.put(KEY, 'page');
      else cloud.reset();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
