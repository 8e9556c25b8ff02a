import { DeleteObjectsCommand, type S3Client } from '@aws-sdk/client-s3';

/** S3 deletes so many in one call. */
const MAX_DELETED = 1_000;

/** Deletes objects; those that are not there are as good as deleted. */
export async function deleteObjects(client: S3Client, bucket: string, keys: readonly string[]): Promise<void> {
  for (let first = 0; first < keys.length; first += MAX_DELETED) {
    const Objects = keys.slice(first, first + MAX_DELETED).map((Key) => ({ Key }));
    const { Errors = [] } = await client.send(
      new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }),
    );
    if (Errors[0] !== undefined) throw new Error(`${Errors[0].Key} was not deleted: ${Errors[0].Message}`);
  }
}
