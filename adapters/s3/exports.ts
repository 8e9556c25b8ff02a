import { open, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { Exports } from '../../engine/results/ports.ts';

/** Size of a part: S3 wants 5 MiB at least, and 10,000 parts at most; one is held in memory. */
const PART_BYTES = 8 * 1024 * 1024;

/** Files that were exported, of any size, each put in parts; their metadata say how many rows they have. */
export const exportStore = (client: S3Client, bucket: string): Exports => ({
  async rowsOf(key: string): Promise<number | undefined> {
    try {
      const { Metadata, Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      (Body as Readable | undefined)?.destroy(); // in Node; what it holds is not asked
      return Number(Metadata?.rows ?? 0);
    } catch (error) {
      if (error instanceof Error && error.name === 'NoSuchKey') return undefined;
      throw error;
    }
  },

  async put(key: string, path: string, rows: number): Promise<void> {
    const of = { Bucket: bucket, Key: key };
    const { size } = await stat(path);
    const file = await open(path);
    try {
      const { UploadId } = await client.send(
        new CreateMultipartUploadCommand({ ...of, Metadata: { rows: String(rows) } }),
      );
      const Parts: { PartNumber: number; ETag: string | undefined }[] = [];
      for (let begin = 0; begin === 0 || begin < size; begin += PART_BYTES) {
        const buffer = Buffer.alloc(Math.min(PART_BYTES, size - begin));
        await file.read(buffer, 0, buffer.length, begin);
        const PartNumber = Parts.length + 1;
        const { ETag } = await client.send(new UploadPartCommand({ ...of, UploadId, PartNumber, Body: buffer }));
        Parts.push({ PartNumber, ETag });
      }
      await client.send(new CompleteMultipartUploadCommand({ ...of, UploadId, MultipartUpload: { Parts } }));
    } finally {
      await file.close();
    }
  },
});
