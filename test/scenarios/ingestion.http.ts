import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

type Json = Record<string, unknown>;
interface ProfileView {
  id: string;
  traits: Json;
}

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));

const profile = (id: string) => cairn.ok<ProfileView>('admin', 'GET', `/v1/profiles/${encodeURIComponent(id)}`);

describe('an id', () => {
  it.each(['王芳 😀', 'ann@example.com', 'a/b?c#d', 'x/tags/vip', '100%', 'a%2Fb'])('may be %s', async (id) => {
    await cairn.identify(id, { said: '👍' });
    expect(await profile(id)).toMatchObject({ id, traits: { said: '👍' } });
  });
});

describe('a path', () => {
  const authorization = `Basic ${Buffer.from('dev:').toString('base64')}`;
  const send = async (path: string, body: Json) => (await cairn.call('POST', path, body, { authorization })).status;

  it('may end with a slash, and batches may be called imports', async () => {
    const item = { userId: 'paths', event: 'Seen' };
    for (const path of ['/v1/track', '/v1/track/', '/v1/t', '/v1/t/'])
      expect([path, await send(path, item)]).toEqual([path, 200]);
    const batch = [{ type: 'track', ...item }];
    for (const path of ['/v1/import', '/v1/import/', '/v1/batch/', '/v1/b/'])
      expect([path, await send(path, { batch })]).toEqual([path, 200]);
    await cairn.local('POST', 'settle');
    expect((await events('paths')).names).toHaveLength(8);
    expect(await send('/v1/track/more', item)).toBe(404);
  });
});

describe('an alias', () => {
  const consent = (push: boolean) => ({ context: { consent: { categoryPreferences: { push } } } });

  it('merges the old id though that is new in the same batch, and its refusals count for the new one', async () => {
    await cairn.identify('renamed', { plan: 'pro' }, consent(true));
    await cairn.post('batch', {
      batch: [
        { type: 'identify', userId: 'unnamed', traits: { city: 'Rome' }, ...consent(false) },
        { type: 'alias', previousId: 'unnamed', userId: 'renamed' },
        { type: 'track', userId: 'unnamed', event: 'Seen' },
      ],
    });
    const merged = await profile('renamed');
    expect(await profile('unnamed')).toEqual(merged);
    expect(merged).toMatchObject({
      id: 'renamed',
      traits: { city: 'Rome', plan: 'pro' },
      consent: { push: { granted: false } },
    });
    expect((await events('renamed')).names).toContain('Seen');
  });

  it('of an alias of an alias: everybody of the chain is the last, and what comes for the first counts', async () => {
    const link = (index: number) => `link-${String(index).padStart(2, '0')}`;
    const chain = Array.from({ length: 9 }, (_, index) => [
      ...(index === 0 ? [{ type: 'identify', userId: link(0), traits: { city: 'Rome' } }] : []),
      { type: 'alias', previousId: link(index), userId: link(index + 1) },
    ]).flat();
    await cairn.post('batch', { batch: chain });
    await cairn.track(link(0), 'Ordered');
    const last = await profile(link(9));
    expect(last).toMatchObject({ id: link(9), traits: { city: 'Rome' } });
    for (const index of [0, 4, 8]) expect(await profile(link(index))).toEqual(last);
    expect((await events(link(9))).names).toContain('Ordered');
  });

  it('of a client key merges so many anonymous profiles into one user at once, and holds up no other alias', async () => {
    const { key: writeKey } = await cairn.ok<{ key: string }>('admin', 'POST', '/v1/keys', {
      kind: 'client',
      name: 'site',
    });
    const alias = (at: number) => ({ type: 'alias', previousId: `guest-${at}`, userId: 'host' });
    const batch = Array.from({ length: 51 }, (_, at) => alias(at));
    const taken = await cairn.call('POST', '/v1/batch', { writeKey, batch });
    expect(taken.body).toMatchObject({ accepted: 50, rejected: [{ index: 50, path: '/batch/50/previousId' }] });
    const over = await cairn.call('POST', '/v1/batch', { writeKey, batch: [alias(51)] });
    expect([over.status, over.headers.get('retry-after')]).toEqual([429, '2']);
    await cairn.post('alias', { previousId: 'other-guest', userId: 'other-host' });
    for (const [guest, host] of [
      ['guest-49', 'host'],
      ['other-guest', 'other-host'],
    ] as const)
      expect((await profile(guest)).id).toBe(host);
  });

  it('merges an anonymous id that is new in the same batch', async () => {
    await cairn.post('batch', {
      batch: [
        { type: 'track', anonymousId: 'visitor', event: 'Seen' },
        { type: 'alias', previousId: 'visitor', userId: 'visited' },
      ],
    });
    expect((await events('visited')).names).toContain('Seen');
    expect((await profile('visitor')).id).toBe('visited');
  });
});

/** The clock stands still, so only arrival and index decide the order. */
describe('of one instant', () => {
  const SEVERAL = Array.from({ length: 6 }, (_, at) => at);

  it('the later item of a batch wins, whatever their message ids', async () => {
    for (const at of SEVERAL) {
      const one = (city: string) => ({ type: 'identify', userId: `tie-${at}`, traits: { city } });
      await cairn.post('batch', { batch: [one('first'), one('second')] });
      expect((await profile(`tie-${at}`)).traits.city).toBe('second');
    }
  });

  it('the later request wins, and a PATCH counts among them', async () => {
    for (const at of SEVERAL) {
      const id = `turn-${at}`;
      await cairn.identify(id, { city: 'first' });
      await cairn.identify(id, { city: 'second' });
      expect((await profile(id)).traits.city).toBe('second');
      await cairn.ok('marketer', 'PATCH', `/v1/profiles/${id}`, { traits: { city: 'third' } });
      expect((await profile(id)).traits.city).toBe('third');
      await cairn.identify(id, { city: 'fourth' });
      expect((await profile(id)).traits.city).toBe('fourth');
    }
  });
});

describe('a profile', () => {
  const idsOf = async (query: string) =>
    (await cairn.ok<{ items: ProfileView[] }>('viewer', 'GET', `/v1/profiles?${query}`)).items.map(({ id }) => id);

  it('has the groups that events named', async () => {
    await cairn.post('group', { userId: 'member', groupId: 'acme', traits: { plan: 'pro' } });
    expect(await profile('member')).toMatchObject({ groups: { acme: { plan: 'pro' } } });
  });

  it('is found by its address, as people write it', async () => {
    await cairn.identify('found', { phone: '138 0000 1234', email: 'Found@example.com' });
    for (const query of [
      'phone=%2B8613800001234',
      'phone=+8613800001234',
      'phone=13800001234',
      'email=found@EXAMPLE.com',
    ])
      expect(await idsOf(query)).toEqual(['found']);
  });
});

const events = async (id: string, query = '') => {
  const page = await cairn.ok<{ items: Json[]; next?: string }>('viewer', 'GET', `/v1/profiles/${id}/timeline${query}`);
  return { names: page.items.map(({ event }) => event), next: page.next };
};

describe('a timeline', () => {
  it('is listed event by event, though several came at once', async () => {
    const track = (event: string) => ({ type: 'track', userId: 'paged', event });
    await cairn.post('batch', { batch: ['1', '2', '3', '4', '5'].map(track) });
    await cairn.advance('1s');
    await cairn.track('paged', '6');
    await cairn.advance('1s');
    await cairn.post('batch', { batch: ['7', '8'].map(track) });
    const pages: unknown[][] = [];
    for (let query: string | undefined = '?limit=3'; query !== undefined; ) {
      const { names, next } = await events('paged', query);
      pages.push(names);
      query = next === undefined ? undefined : `?limit=3&cursor=${next}`;
    }
    expect(pages).toEqual([
      ['8', '7', '6'],
      ['5', '4', '3'],
      ['2', '1'],
    ]);
  });

  it('keeps 90 days', async () => {
    const now = Date.parse(await cairn.now());
    const ago = (days: number) => new Date(now - days * 86_400_000).toISOString();
    await cairn.post('batch', {
      batch: [91, 89, 0].map((days) => ({ type: 'track', userId: 'aged', event: `${days}`, timestamp: ago(days) })),
    });
    expect((await events('aged')).names).toEqual(['0', '89']);
    await cairn.advance('2d');
    expect((await events('aged')).names).toEqual(['0']);
  });
});

describe('a messageId', () => {
  it('is known for a week, however much has happened since, to a client that sends no timestamp', async () => {
    const once = () => cairn.track('busy', 'Once', {}, { messageId: 'once' });
    const seen = Array.from({ length: 100 }, () => ({ type: 'track', userId: 'busy', event: 'Seen' }));
    await once();
    for (let hour = 0; hour < 2; hour += 1) {
      await cairn.post('batch', { batch: seen });
      await cairn.advance('1h');
    }
    await once();
    const newest = await events('busy', '?limit=200');
    const oldest = await events('busy', `?limit=200&cursor=${newest.next}`);
    expect([...newest.names, ...oldest.names].filter((name) => name === 'Once')).toHaveLength(1);
  });
});

describe("an app's report", () => {
  let client: string;
  let messages: Record<string, string>;

  const report = async (userId: string, messageId: string | undefined) => {
    const item = { userId, event: 'Message Opened', properties: { messageId }, writeKey: client };
    expect((await cairn.call('POST', '/v1/track', item)).status).toBe(200);
    await cairn.local('POST', 'settle');
  };
  const tagsOf = async (id: string) =>
    (await cairn.ok<{ tags: { id: string }[] }>('viewer', 'GET', `/v1/profiles/${id}`)).tags.map((tag) => tag.id);
  const statusOf = async (id: string | undefined) =>
    (await cairn.ok<{ status: string }>('viewer', 'GET', `/v1/messages/${id}`)).status;

  beforeAll(async () => {
    client = (await cairn.ok<{ key: string }>('admin', 'POST', '/v1/keys', { kind: 'client', name: 'app' })).key;
    await cairn.ok('marketer', 'PUT', '/v1/tags/attentive', {
      name: 'Attentive',
      layer: 'behaviour',
      owner: 'growth',
      use: 'the next push',
      if: { event: 'Message Opened', within: '1h' },
    });
    messages = {};
    for (const [template, content] of Object.entries({
      buzz: { push: { title: 'Hello', body: 'Hello' } },
      mail: { email: { subject: 'Hello', text: 'Hello' } },
    })) {
      await cairn.ok('marketer', 'PUT', `/v1/templates/${template}`, { class: 'transactional', content });
      const context = { device: { type: 'ios', token: 'app' } };
      await cairn.identify('owner', { email: 'owner@example.com' }, { context });
      const { id } = await cairn.ok<{ id: string }>('marketer', 'POST', '/v1/messages', {
        profileId: 'owner',
        template,
      });
      messages[template] = id;
    }
    await cairn.local('POST', 'settle');
  });

  it("counts for the profile's push alone, not for another's, nor for its mail", async () => {
    await report('somebody', messages.buzz);
    await report('owner', messages.mail);
    await report('owner', 'nobody-s');
    expect([await tagsOf('owner'), await statusOf(messages.buzz), await statusOf(messages.mail)]).toEqual([
      [],
      'sent',
      'sent',
    ]);
    await report('owner', messages.buzz);
    expect([await tagsOf('owner'), await statusOf(messages.buzz)]).toEqual([['attentive'], 'opened']);
  });

  it('that was the last to be heard does not hold up what falls due', async () => {
    await cairn.advance('2h');
    const { count } = await cairn.ok<{ count: number }>('viewer', 'POST', '/v1/tags/attentive/preview', {});
    expect(count).toBe(0);
    expect(await cairn.local('GET', 'dead-letters?queue=due')).toEqual({ items: [] });
  });
});

describe('a profile that was merged', () => {
  it('is answered for with its messages and runs, page by page', async () => {
    await cairn.ok('marketer', 'PUT', '/v1/templates/hello', {
      class: 'transactional',
      content: { email: { subject: 'Hello', text: 'Hello' } },
    });
    await cairn.ok('marketer', 'PUT', '/v1/journeys/greet', {
      name: 'greet',
      owner: 'growth',
      entry: { event: 'Greet' },
      start: 'send',
      nodes: { send: { type: 'send', template: 'hello', channels: ['email'], next: 'done' }, done: { type: 'end' } },
    });
    await cairn.publish('greet');
    for (const userId of ['old', 'elder']) {
      await cairn.identify(userId, { email: `${userId}@example.com` });
      await cairn.track(userId, 'Greet');
    }
    await cairn.identify('survivor', { email: 'survivor@example.com' });
    await cairn.post('alias', { previousId: 'elder', userId: 'old' });
    await cairn.post('alias', { previousId: 'old', userId: 'survivor' });
    await cairn.advance('1h');
    await cairn.track('survivor', 'Seen');

    for (const id of ['old', 'elder', 'survivor']) {
      const list = await cairn.ok<{ items: Json[] }>('viewer', 'GET', `/v1/journeys/greet/runs?profileId=${id}`);
      expect(list.items).toHaveLength(2);
      const seen: unknown[] = [];
      for (let next: string | undefined = ''; next !== undefined; ) {
        const page: { items: Json[]; next?: string } = await cairn.ok(
          'viewer',
          'GET',
          `/v1/profiles/${id}/messages?limit=1${next === '' ? '' : `&cursor=${next}`}`,
        );
        seen.push(...page.items.map((item) => item.profileId));
        next = page.next;
      }
      expect(seen).toEqual(['survivor', 'survivor']);
    }
  });
});
