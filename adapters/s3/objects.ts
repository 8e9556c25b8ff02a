import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';

/** Most bytes of an object: it is held in memory, and sent within one call's timeout. Fauxqs takes 11 MiB, S3 5 GB. */
export const MAX_OBJECT_BYTES = 10 * 1024 * 1024;

/** The key is taken, or another call that puts it is under way. */
const REFUSED = new Set(['PreconditionFailed', 'ConditionalRequestConflict']);

/** Objects of a bucket. `put` replaces what is there; `putNew` leaves it. */
export function objectStore(client: S3Client, bucket: string) {
  const putOf = (
    key: string,
    body: string | Uint8Array,
    more: { IfNoneMatch?: '*'; Metadata?: Record<string, string> } = {},
  ) => {
    const bytes = Buffer.byteLength(body);
    if (bytes > MAX_OBJECT_BYTES) throw new Error(`${key} has ${bytes} bytes, and may have ${MAX_OBJECT_BYTES}`);
    return new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentLength: bytes, ...more });
  };
  return {
    /** @throws Error if the body has more than `MAX_OBJECT_BYTES` */
    async put(key: string, body: string | Uint8Array): Promise<void> {
      await client.send(putOf(key, body));
    },

    /** Returns false if there is one: also where an earlier try of this call has put it. Fauxqs replaces it. */
    async putNew(key: string, body: string | Uint8Array, metadata: Record<string, string> = {}): Promise<boolean> {
      try {
        await client.send(putOf(key, body, { IfNoneMatch: '*', Metadata: metadata }));
        return true;
      } catch (error) {
        if (error instanceof Error && REFUSED.has(error.name)) return false;
        throw error;
      }
    },

    /** Returns the text of an object, or undefined if there is none. */
    async get(key: string): Promise<string | undefined> {
      try {
        const { Body: body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
        return await body?.transformToString();
      } catch (error) {
        if (error instanceof Error && error.name === 'NoSuchKey') return undefined;
        throw error;
      }
    },
  };
}
