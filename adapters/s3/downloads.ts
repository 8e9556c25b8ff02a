import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { SignatureV4 } from '@smithy/signature-v4';
import type { HttpRequest } from '@smithy/types';
import type { Downloads } from '../../engine/results/ports.ts';
import { exportStore } from './exports.ts';

/** Links to objects, signed with the rights of whoever makes them: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html */
export const downloads = (client: S3Client, bucket: string): Downloads => ({
  async link(key: string, seconds: number): Promise<string | undefined> {
    if ((await exportStore(client, bucket).rowsOf(key)) === undefined) return undefined;
    const { credentials, region, sha256 } = client.config;
    const signer = new SignatureV4({ credentials, region, sha256, service: 's3', uriEscapePath: false });
    const { protocol, hostname, port, path } = await addressOf(
      client,
      new GetObjectCommand({ Bucket: bucket, Key: key }),
    );
    const host = port === undefined ? hostname : `${hostname}:${port}`;
    // What S3 takes for the body's hash, since whoever follows the link sends none.
    const headers = { host, 'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD' };
    const request = {
      method: 'GET',
      protocol,
      hostname,
      path,
      headers,
      query: {},
      ...(port === undefined ? {} : { port }),
    };
    const { query = {} } = await signer.presign(request, { expiresIn: seconds });
    return `${protocol}//${host}${path}?${new URLSearchParams(query as Record<string, string>)}`; // a signature has no lists
  },
});

/** The request that the SDK would send, which knows the bucket's address. */
async function addressOf(client: S3Client, command: GetObjectCommand): Promise<HttpRequest> {
  let found: HttpRequest | undefined;
  command.middlewareStack.add(
    () => async (args) => {
      found = args.request as HttpRequest; // as the SDK has built it
      return { response: {}, output: { $metadata: {} } };
    },
    { step: 'finalizeRequest', priority: 'high', name: 'address' },
  );
  await client.send(command);
  if (found === undefined) throw new Error('the SDK has built no request');
  return found;
}
