import { describe, expect, it } from 'vitest';
import { NOW } from './ingest-harness.ts';
import { app, newHarnessEachTime, page } from './ingest-setup.ts';

newHarnessEachTime();

const NO_INSTANT = 'must be an ISO 8601 instant, or epoch milliseconds (13 digits) or seconds (10 digits)';

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
