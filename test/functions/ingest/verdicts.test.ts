import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { basic } from './ingest-harness.ts';
import { app, newHarnessEachTime, page } from './ingest-setup.ts';

newHarnessEachTime();

describe('each item has its verdict', () => {
  it('the good are queued, the others reported by index and place', async () => {
    const answer = await app.post('/v1/batch', {
      batch: [
        page(),
        { type: 'track', event: 'Seen' },
        'x',
        page({ properties: { text: 'x'.repeat(33_000) } }),
        page(),
      ],
    });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      success: true,
      accepted: 2,
      rejected: [
        { index: 1, path: '/batch/1/userId', message: 'userId or anonymousId is missing' },
        { index: 2, path: '/batch/2', message: 'must be an object' },
        { index: 3, path: '/batch/3', message: 'is over 32 KB' },
      ],
    });
    expect(app.events().map(({ index }) => index)).toEqual([0, 4]);
  });

  it('where nothing is valid it is 400 with the places, and nothing is queued', async () => {
    const answer = await app.post('/v1/track', { userId: 'ann' });
    expect(answer.status).toBe(400);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.body).toMatchObject({
      type: '/problems/validation',
      errors: [{ path: '/event', message: 'must be the name of the event' }],
    });
    expect(app.calls()).toEqual([]);
  });

  it('a batch of nothing is 400', async () => {
    expect((await app.post('/v1/batch', { batch: [] })).status).toBe(400);
  });

  it('names that only Cairn gives are rejected of a client key by their index', async () => {
    const track = (event: string) => ({ type: 'track', userId: 'ann', event, properties: { messageId: 'x' } });
    const body = { batch: [track('Message Sent'), track('Message Opened'), track('Order Completed')] };
    const asClient = await app.post('/v1/batch', body, { headers: { authorization: basic('client-key') } });
    expect(asClient.body).toEqual({
      success: true,
      accepted: 2,
      rejected: [{ index: 0, path: '/batch/0/event', message: 'Message Sent is reserved' }],
    });
    expect(app.events().map(({ key }) => key)).toEqual(['client', 'client']);
    expect((await app.post('/v1/batch', body)).body).toEqual({ success: true, accepted: 3, rejected: [] });
  });
});

describe('the body', () => {
  const seen = JSON.stringify(page());
  const headers = { authorization: basic('server-key') };

  it.each([
    ['text/plain', { raw: seen, headers: { ...headers, 'content-type': 'text/plain' } }],
    ['base64', { raw: Buffer.from(seen).toString('base64'), isBase64Encoded: true, headers }],
    [
      'gzip',
      {
        raw: gzipSync(seen).toString('base64'),
        isBase64Encoded: true,
        headers: { ...headers, 'content-encoding': 'gzip' },
      },
    ],
    ['gzip that no header tells of', { raw: gzipSync(seen).toString('base64'), isBase64Encoded: true, headers }],
  ])('may be %s', async (_, posted) => {
    expect((await app.post('/v1/page', undefined, posted)).status).toBe(200);
    expect(app.events()).toHaveLength(1);
  });

  it.each([
    ['empty', { raw: '' }],
    ['no JSON', { raw: '{"userId":' }],
    ['no object', { raw: '[]' }],
    ['broken gzip', { raw: gzipSync(seen).subarray(0, 20).toString('base64'), isBase64Encoded: true }],
    ['a batch of too many', { raw: JSON.stringify({ batch: Array(2_501).fill({}) }) }],
    ['a batch of no list', { raw: '{"batch":{}}' }],
  ])('that is %s is 400', async (_, posted) => {
    const answer = await app.post('/v1/batch', undefined, posted);
    expect([answer.status, answer.body.type]).toEqual([400, '/problems/validation']);
  });

  /** A batch of exactly so many bytes. */
  const sized = (bytes: number): string => {
    const items = Array.from({ length: 20 }, () => page({ properties: { text: 'x'.repeat(20_000) } }));
    const frame = JSON.stringify({ batch: items, pad: '' });
    return JSON.stringify({ batch: items, pad: 'x'.repeat(bytes - frame.length) });
  };
  const MOST = 500 * 1024;

  it('of 500 KB is taken; one byte more is 413', async () => {
    expect((await app.post('/v1/batch', undefined, { raw: sized(MOST) })).status).toBe(200);
    const over = await app.post('/v1/batch', undefined, { raw: sized(MOST + 1) });
    expect([over.status, over.body.type]).toEqual([413, '/problems/too-large']);
  });

  it('counts unpacked', async () => {
    const zipped = (bytes: number) => ({ raw: gzipSync(sized(bytes)).toString('base64'), isBase64Encoded: true });
    expect((await app.post('/v1/batch', undefined, zipped(MOST))).status).toBe(200);
    expect((await app.post('/v1/batch', undefined, zipped(MOST + 1))).status).toBe(413);
  });
});

describe('the write key', () => {
  it.each([
    ['the Basic user', basic('server-key'), {}, 'server'],
    ['the Basic user, in any case', basic('client-key').replace('Basic', 'bASIC'), {}, 'client'],
    ['`writeKey` in the body', undefined, { writeKey: 'client-key' }, 'client'],
    ['the body’s, where the Basic user is empty', basic(''), { writeKey: 'client-key' }, 'client'],
    ['the Basic user, where both are given', basic('server-key'), { writeKey: 'client-key' }, 'server'],
    ['the body’s, where the header is of another kind', 'Bearer x', { writeKey: 'client-key' }, 'client'],
  ])('may be %s', async (_, authorization, more, kind) => {
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
    expect((await app.post('/v1/page', page(more), { headers })).status).toBe(200);
    expect(app.events()[0]?.key).toBe(kind);
  });

  it.each([
    ['missing', {}, {}],
    ['unknown in the header', { authorization: basic('other') }, {}],
    ['unknown in the body', {}, { writeKey: 'other' }],
    ['no string', {}, { writeKey: ['server-key'] }],
    ['unknown in the header, though known in the body', { authorization: basic('other') }, { writeKey: 'server-key' }],
  ])('that is %s is 401, and nothing is queued', async (_, headers, more) => {
    const answer = await app.post('/v1/page', page(more), { headers });
    expect([answer.status, answer.body.type]).toEqual([401, '/problems/unauthenticated']);
    // analytics-python 1.4 repeats for minutes what has no `code` and `message`.
    expect(answer.body).toMatchObject({ code: 'unauthenticated', message: answer.body.detail });
    expect(app.calls()).toEqual([]);
  });
});
