import { gzipSync } from 'node:zlib';
import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { beforeEach, describe, expect, it } from 'vitest';
import type { EventsMessage } from '../../../core/events/event.ts';
import { profileKeyOfUser } from '../../../core/ids.ts';
import { basic, harness, NOW, QUEUE_URL } from './ingest-harness.ts';

let app: ReturnType<typeof harness>;
beforeEach(() => {
  app = harness();
});

const NO_INSTANT = 'must be an ISO 8601 instant, or epoch milliseconds (13 digits) or seconds (10 digits)';
const ann = profileKeyOfUser('ann');
const page = (more: Record<string, unknown> = {}) => ({ type: 'page', userId: 'ann', ...more });

describe('the calls', () => {
  it.each([
    [['identify', 'i'], { traits: { plan: 'pro' } }, { type: 'identify', traits: { plan: 'pro' } }],
    [['track', 't'], { event: 'Seen' }, { type: 'track', name: 'Seen', properties: {} }],
    [['page', 'p'], { name: 'Home' }, { type: 'track', name: 'Page Viewed', properties: { name: 'Home' } }],
    [['screen', 's'], { name: 'Cart' }, { type: 'track', name: 'Screen Viewed', properties: { name: 'Cart' } }],
    [['group', 'g'], { groupId: 'acme' }, { type: 'group', groupId: 'acme', properties: {} }],
    [['alias', 'a'], { previousId: 'old' }, { type: 'alias', from: { kind: 'either', id: 'old' } }],
  ])('%s', async (paths, body, event) => {
    for (const path of paths) {
      const answer = await app.post(`/v1/${path}`, { userId: 'ann', messageId: 'm1', ...body });
      expect(answer).toEqual({
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: { success: true, accepted: 1, rejected: [] },
      });
    }
    const expected = { id: 'm1', at: NOW, sentAt: 0, receivedAt: NOW, sequence: 7, index: 0, key: 'server', ...event };
    expect(app.events()).toEqual([expected, expected]);
  });

  it.each(['batch', 'b', 'import'])('%s', async (path) => {
    const answer = await app.post(`/v1/${path}`, { batch: [page(), { type: 'track', userId: 'bob', event: 'Seen' }] });
    expect(answer.body).toEqual({ success: true, accepted: 2, rejected: [] });
    expect(app.events().map(({ name }) => name)).toEqual(['Page Viewed', 'Seen']);
  });

  it("a single call's own type does not matter, its path does", async () => {
    await app.post('/v1/page', { type: 'track', event: 'Seen', userId: 'ann' });
    expect(app.events()[0]?.name).toBe('Page Viewed');
  });

  it.each(['page/', 'p/', 'screen/', 's/'])('a slash at the end changes nothing: %s', async (path) => {
    expect((await app.post(`/v1/${path}`, page())).status).toBe(200);
  });

  it.each(['delete', 'constructor', '', '/', 'page//', 'page/x', 'x/page'])('there is no call %s', async (path) => {
    expect((await app.post(`/v1/${path}`, page())).status).toBe(404);
  });
});

describe('what the clients call it', () => {
  it.each(['page', 'screen'])('the category of %s joins the properties', async (call) => {
    await app.post(`/v1/${call}`, { userId: 'ann', name: 'Home', category: 'Docs', properties: { url: '/' } });
    expect(app.events()[0]?.properties).toEqual({ name: 'Home', category: 'Docs', url: '/' });
  });

  it('context.traits of identify are its traits where it has none', async () => {
    const context = { traits: { plan: 'pro' } };
    await app.post('/v1/identify', { userId: 'ann', context });
    await app.post('/v1/identify', { userId: 'ann', context, traits: { plan: 'free' } });
    await app.post('/v1/track', { userId: 'ann', event: 'Seen', context });
    expect(app.events().map(({ traits }) => traits)).toEqual([{ plan: 'pro' }, { plan: 'free' }, undefined]);
  });

  it('originalTimestamp is the timestamp where there is none, corrected by sentAt', async () => {
    const originalTimestamp = '2019-03-04T05:06:07.000Z';
    await app.post('/v1/page', page({ originalTimestamp, sentAt: '2019-03-04T05:06:37.000Z' }));
    await app.post('/v1/page', page({ originalTimestamp, timestamp: new Date(NOW - 5).toISOString() }));
    expect(app.events().map(({ at }) => at)).toEqual([NOW - 30_000, NOW - 5]);
    expect((await app.post('/v1/page', page({ originalTimestamp: 'noon' }))).body.errors).toEqual([
      { path: '/originalTimestamp', message: NO_INSTANT },
    ]);
  });

  it('epoch seconds and milliseconds are distinguished by their digits; what would be of 1970 is rejected by index', async () => {
    const seconds = Math.floor(NOW / 1_000) - 60;
    const known = [seconds, String(seconds), seconds * 1_000, String(seconds * 1_000)];
    const unknown = [0, 17, '86400', 12_345_678_901, NOW * 1_000, String(NOW * 1_000), -seconds, '1e12'];
    const batch = [...known, ...unknown].map((timestamp) => page({ timestamp }));
    const { body } = await app.post('/v1/batch', { batch });
    expect(app.events().map(({ at }) => at)).toEqual(known.map(() => NOW - 60_000));
    expect(body.rejected).toEqual(
      unknown.map((_, index) => ({ index: index + 4, path: `/batch/${index + 4}/timestamp`, message: NO_INSTANT })),
    );
    const sent = await app.post('/v1/batch', { batch: [page()], sentAt: 17 });
    expect(sent.body.errors).toEqual([{ path: '/batch/0/sentAt', message: NO_INSTANT }]);
  });

  it('an instant that is an empty text is absent, of an item and of the batch', async () => {
    const batch = [page({ timestamp: '', sentAt: '', originalTimestamp: '' })];
    expect((await app.post('/v1/batch', { batch, sentAt: '' })).body.accepted).toBe(1);
    await app.post('/v1/batch', {
      batch: [page({ timestamp: '2019-03-04T05:06:07.000Z', sentAt: '' })],
      sentAt: '2019-03-04T05:06:08.000Z',
    });
    expect(app.events().map(({ at }) => at)).toEqual([NOW, NOW - 1_000]);
  });
});

describe('what is queued', () => {
  it('is one message of each profile, in its own group', async () => {
    await app.post('/v1/batch', { batch: [page({ messageId: 'm1' }), page({ messageId: 'm2' })] });
    expect(app.sqs.commandCalls(SendMessageBatchCommand)[0]?.args[0].input).toEqual({
      QueueUrl: QUEUE_URL,
      Entries: [
        {
          Id: '0',
          MessageGroupId: ann,
          MessageDeduplicationId: expect.stringMatching(/^[a-z2-7]{26}$/),
          DelaySeconds: undefined,
          MessageBody: JSON.stringify({
            profile: ann,
            identity: { kind: 'user', id: 'ann' },
            events: [0, 1].map((index) => ({
              id: `m${index + 1}`,
              at: NOW,
              sentAt: 0,
              receivedAt: NOW,
              sequence: 7,
              index,
              key: 'server',
              type: 'track',
              name: 'Page Viewed',
              properties: {},
            })),
          }),
        },
      ],
    });
  });

  it('an alias goes by the group of the old id, and from there by the group of all aliases', async () => {
    await app.post('/v1/alias', { userId: 'ann', previousId: 'old' });
    const [entry] = app.calls()[0] ?? [];
    expect(entry?.MessageGroupId).toBe(profileKeyOfUser('old'));
    expect(JSON.parse(entry?.MessageBody ?? '')).toMatchObject({ profile: ann, then: 'alias' });
  });

  it('a repeat is never swallowed by SQS, whose five minutes are not ours', async () => {
    await app.post('/v1/page', page({ messageId: 'm1' }));
    await app.post('/v1/page', page({ messageId: 'm1' }));
    const dedups = app.calls().map(([entry]) => entry?.MessageDeduplicationId);
    expect(new Set(dedups).size).toBe(2);
  });

  it('an event without a messageId gets one', async () => {
    await app.post('/v1/page', page());
    expect(app.events()[0]?.id).toBe('new-1');
  });

  it('carries the instant corrected by sentAt, and the consent stamped on the batch', async () => {
    const consent = { categoryPreferences: { sms: true } };
    await app.post('/v1/batch', {
      batch: [page({ timestamp: '2026-11-05T00:00:00.000Z' })],
      sentAt: '2026-11-05T00:00:30.000Z',
      context: { consent },
    });
    expect(app.events()[0]).toMatchObject({ at: NOW - 30_000, receivedAt: NOW, context: { consent } });
  });
});

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

describe('a profile that runs away', () => {
  const pages = (count: number, userId = 'ann') => ({ batch: Array.from({ length: count }, () => page({ userId })) });

  it('has 500 at once, then 429 with Retry-After', async () => {
    expect((await app.post('/v1/batch', pages(500))).body.accepted).toBe(500);
    const over = await app.post('/v1/page', page());
    expect(over.status).toBe(429);
    expect(over.headers['retry-after']).toBe('1');
    expect(over.body).toMatchObject({
      type: '/problems/rate-limited',
      errors: [{ path: '', message: 'rate-limited' }],
    });
    expect(app.events()).toHaveLength(500);
  });

  it('has a request taken whole while its bucket is not empty: clients take 200 for the delivery of all', async () => {
    expect(await app.post('/v1/batch', pages(600))).toMatchObject({ status: 200, body: { accepted: 600 } });
    expect(app.events()).toHaveLength(600);
    const over = await app.post('/v1/batch', pages(1));
    expect([over.status, over.headers['retry-after']]).toEqual([429, '6']);
  });

  it('has a request refused whole otherwise, though others are in it', async () => {
    await app.post('/v1/batch', pages(500));
    const batch = [...pages(1, 'bob').batch, { type: 'page' }, ...pages(1).batch];
    const over = await app.post('/v1/batch', { batch });
    expect(over.status).toBe(429);
    expect(over.body.errors).toEqual([{ path: '/batch/2', message: 'rate-limited' }]);
    expect(app.events()).toHaveLength(500);
  });

  it('may go on after Retry-After', async () => {
    await app.post('/v1/batch', pages(500));
    app.clock.now += 1_000;
    expect((await app.post('/v1/batch', pages(500))).body.accepted).toBe(500);
  });
});

describe('200 only when all is queued', () => {
  const people = (count: number) => ({ batch: Array.from({ length: count }, (_, at) => page({ userId: `u${at}` })) });
  const failed = (...ids: string[]) => ({
    Successful: [],
    Failed: ids.map((Id) => ({ Id, Code: 'InternalError', SenderFault: false })),
  });

  it('what SQS did not take is sent again, and nothing else', async () => {
    app.sqs.on(SendMessageBatchCommand).resolvesOnce(failed('0', '2')).resolvesOnce(failed('2')).resolves(failed());
    expect((await app.post('/v1/batch', people(3))).body).toEqual({ success: true, accepted: 3, rejected: [] });
    const [first = [], ...later] = app.calls();
    expect(first.map(({ Id }) => Id)).toEqual(['0', '1', '2']);
    expect(later).toEqual([[first[0], first[2]], [first[2]]]);
  });

  it('what SQS does not take in four tries fails the request, so that the client repeats it', async () => {
    app.sqs.on(SendMessageBatchCommand).resolves(failed('1'));
    await expect(app.post('/v1/batch', people(2))).rejects.toThrow('1 messages could not be queued: InternalError');
    expect(app.calls()).toHaveLength(4);
  });

  it('so does a call that fails as a whole', async () => {
    app.sqs.on(SendMessageBatchCommand).rejects(new Error('no route to host'));
    await expect(app.post('/v1/page', page())).rejects.toThrow('no route to host');
  });

  it('and one that fails after others were taken', async () => {
    app.sqs.on(SendMessageBatchCommand).resolvesOnce(failed()).rejects(new Error('throttled'));
    await expect(app.post('/v1/batch', people(11))).rejects.toThrow('throttled');
  });

  it('ten messages a call, none left out', async () => {
    await app.post('/v1/batch', people(25));
    expect(app.calls().map((entries) => entries.length)).toEqual([10, 10, 5]);
    expect(new Set(app.calls().flatMap((entries) => entries.map(({ MessageGroupId }) => MessageGroupId))).size).toBe(
      25,
    );
  });

  it('of one profile, a call carries one message, so that a retry overtakes nothing', async () => {
    const text = 'x'.repeat(30_000);
    await app.post('/v1/batch', { batch: Array.from({ length: 16 }, () => page({ properties: { text } })) });
    expect(app.calls().map((entries) => entries.length)).toEqual([1, 1]);
    expect(app.events().map(({ index }) => index)).toEqual(Array.from({ length: 16 }, (_, at) => at));
  });
});

describe('the names of events', () => {
  const post = () => app.post('/v1/track', { userId: 'ann', event: 'Seen' });

  it('are noted, to warn of events that never came', async () => {
    await post();
    expect(app.noted).toEqual(['Seen']);
  });

  it('do not keep what is on the queue from being accepted, or the client would send it again', async () => {
    app.deps.names.note = async () => {
      throw new Error('throttled');
    };
    expect(await post()).toMatchObject({ status: 200, body: { accepted: 1 } });
    expect(app.calls()).toHaveLength(1);
    expect(app.warnings).toEqual(['names of events were not noted']);
  });
});

describe('a client key that merges into one user', () => {
  const basicOf = (key: string) => ({ headers: { authorization: basic(key) } });
  const aliases = (from: number, count: number, userId = 'ann') => ({
    batch: Array.from({ length: count }, (_, n) => ({ type: 'alias', userId, previousId: `visit-${from + n}` })),
  });
  const post = (body: object, key = 'client-key') => app.post('/v1/batch', body, basicOf(key));

  it('has 50 at once, then 429 with Retry-After for the whole request', async () => {
    expect((await post(aliases(0, 50))).status).toBe(200);
    const over = await post({ batch: [page(), ...aliases(50, 2).batch] });
    expect([over.status, over.headers['retry-after']]).toEqual([429, '2']);
    expect(over.body.errors).toEqual([1, 2].map((at) => ({ path: `/batch/${at}`, message: 'rate-limited' })));
    expect(app.events()).toHaveLength(50);
    app.clock.now += 2_000;
    expect((await post(aliases(50, 1))).status).toBe(200);
  });

  it('has more of one request rejected by index', async () => {
    const { body } = await post(aliases(0, 52));
    expect(body).toMatchObject({ accepted: 50 });
    expect((body.rejected as { path: string }[]).map(({ path }) => path)).toEqual([
      '/batch/50/previousId',
      '/batch/51/previousId',
    ]);
  });

  it('may say the same as often as it likes, and of others', async () => {
    const { batch } = aliases(0, 50);
    const again = { type: 'identify', userId: 'ann', anonymousId: 'visit-7' };
    expect((await post({ batch: [...batch, again] })).body.accepted).toBe(51);
    expect((await post({ batch: [again, again] })).status).toBe(200);
    expect((await post(aliases(100, 50, 'bob'))).status).toBe(200);
    expect((await post({ batch: [{ ...again, anonymousId: 'new' }] })).status).toBe(429);
  });

  it('leaves the events themselves, and a server key, as they were', async () => {
    await post(aliases(0, 50));
    expect((await post({ batch: [page()] })).status).toBe(200);
    expect((await post(aliases(100, 200), 'server-key')).body.accepted).toBe(200);
  });

  it('waits in the message group of the user alone, not in that of all aliases', async () => {
    await post(aliases(0, 1));
    const [entry] = app.calls().flat();
    const { events, profile, then } = JSON.parse(entry?.MessageBody ?? '') as EventsMessage;
    expect([entry?.MessageGroupId, then]).toEqual([profile, undefined]);
    expect(events[0]?.from).toEqual({ kind: 'anonymous', id: 'visit-0' });
  });
});
