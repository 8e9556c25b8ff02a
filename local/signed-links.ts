import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Credentials } from './callers.ts';

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);

/** As S3 reads `20261102T010000Z`. */
const instantOf = (text: string): number =>
  Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));

/**
 * Whether a GET follows a link that was signed with these credentials and is still good, as S3 checks it:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html. Only the header `host` may be signed.
 */
export function isSignedLink(
  { method, url, headers }: { method?: string | undefined; url: string; headers: IncomingHttpHeaders },
  { accessKeyId, secretAccessKey }: Credentials,
  now: number,
): boolean {
  const { pathname, searchParams } = new URL(url, 'http://any');
  const said = (name: string): string => searchParams.get(`X-Amz-${name}`) ?? '';
  const [id, day = '', region = '', service = '', end] = said('Credential').split('/');
  const at = instantOf(said('Date'));
  const isInTime = now >= at - 15 * 60_000 && now <= at + Number(said('Expires')) * 1000;
  if (method !== 'GET' || id !== accessKeyId || said('SignedHeaders') !== 'host' || !isInTime) return false;
  const query = [...searchParams]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .sort()
    .join('&');
  const request = ['GET', pathname, query, `host:${headers.host}\n`, 'host', 'UNSIGNED-PAYLOAD'].join('\n');
  const hash = createHash('sha256').update(request).digest('hex');
  const text = ['AWS4-HMAC-SHA256', said('Date'), [day, region, service, end].join('/'), hash].join('\n');
  const key = [day, region, service, 'aws4_request'].reduce(hmac, Buffer.from(`AWS4${secretAccessKey}`));
  const signature = Buffer.from(said('Signature'), 'hex');
  const expected = hmac(key, text);
  return signature.length === expected.length && timingSafeEqual(signature, expected);
}
