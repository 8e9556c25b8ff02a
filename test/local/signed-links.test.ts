import { S3Client } from '@aws-sdk/client-s3';
import { expect, it, test, vi } from 'vitest';
import { downloads } from '../../adapters/s3/downloads.ts';
import { isSignedLink } from '../../local/signed-links.ts';

/** The example of AWS's documentation. */
const CREDENTIALS = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
const LINK =
  '/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404';
const AT = Date.parse('2013-05-24T00:00:00Z');
const HOST = 'examplebucket.s3.amazonaws.com';
const asked = { method: 'GET', url: LINK, headers: { host: HOST } };
const follow = (more: Partial<typeof asked> = {}, now = AT) => isSignedLink({ ...asked, ...more }, CREDENTIALS, now);

it('takes the link of AWS’s example for as long as it says', () => {
  expect([follow(), follow({}, AT + 86_400_000), follow({}, AT + 86_400_001)]).toEqual([true, true, false]);
});

test.each([
  ['another object', { url: LINK.replace('test.txt', 'test.csv') }],
  ['a longer time', { url: LINK.replace('86400', '864000') }],
  ['another host', { headers: { host: 'evil.example' } }],
  ['another method', { method: 'PUT' }],
  ['another key', { url: LINK.replace('7EXAMPLE', '8EXAMPLE') }],
  ['no signature', { url: LINK.replace(/&X-Amz-Signature.*/, '') }],
  ['nothing', { url: '/test.txt' }],
])('refuses %s', (_what, more) => {
  expect(follow(more)).toBe(false);
});

/** A client on AWS, for which all objects are there. */
function onAws(credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string }): S3Client {
  const client = new S3Client({ region: 'cn-north-1', credentials });
  client.middlewareStack.add(() => async () => ({ response: {}, output: { $metadata: {}, Metadata: { rows: '1' } } }), {
    step: 'finalizeRequest',
    priority: 'low',
  });
  return client;
}

it('takes what is signed for AWS, in the bucket’s own domain', async () => {
  vi.useFakeTimers({ now: AT, toFake: ['Date'] });
  try {
    const link = await downloads(onAws({ ...CREDENTIALS, sessionToken: 'a+token/=' }), 'a-bucket').link(
      'exports/a.csv',
      60,
    );
    const { host, pathname, search, searchParams } = new URL(link ?? '');
    expect([host, pathname]).toEqual(['a-bucket.s3.cn-north-1.amazonaws.com.cn', '/exports/a.csv']);
    expect(searchParams.get('X-Amz-Security-Token')).toBe('a+token/=');
    expect(follow({ url: `${pathname}${search}`, headers: { host } }, AT + 60_000)).toBe(true);
    expect(follow({ url: `${pathname}${search}`, headers: { host } }, AT + 60_001)).toBe(false);
  } finally {
    vi.useRealTimers();
  }
});
