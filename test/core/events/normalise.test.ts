import { describe, expect, it } from 'vitest';
import { CairnEventSchema } from '../../../core/events/event.ts';
import { normalise, UnreadableBodyError } from '../../../core/events/normalise.ts';
import { profileKeyOfAnonymous, profileKeyOfUser } from '../../../core/ids.ts';
import { arrival, batch, eventOf, faultOf, NOW } from './builders.ts';

const NO_INSTANT = 'must be an ISO 8601 instant, or epoch milliseconds (13 digits) or seconds (10 digits)';
const base = { id: 'm1', at: NOW, sentAt: 0, receivedAt: NOW, sequence: 7, index: 0, key: 'server' } as const;

describe("each of Segment's calls becomes an event", () => {
  it.each([
    [
      'track',
      { event: 'Order Completed', properties: { total: 5 } },
      { type: 'track', name: 'Order Completed', properties: { total: 5 } },
    ],
    [
      'page',
      { name: 'Home', properties: { url: '/' } },
      { type: 'track', name: 'Page Viewed', properties: { name: 'Home', url: '/' } },
    ],
    ['screen', { name: 'Cart' }, { type: 'track', name: 'Screen Viewed', properties: { name: 'Cart' } }],
    ['identify', { traits: { plan: 'pro', old: null } }, { type: 'identify', traits: { plan: 'pro', old: null } }],
    ['group', { groupId: 'acme', traits: { size: 3 } }, { type: 'group', groupId: 'acme', properties: { size: 3 } }],
    ['alias', { previousId: 'old-ann' }, { type: 'alias', from: { kind: 'either', id: 'old-ann' } }],
  ] as const)('%s', (call, body, expected) => {
    const event = eventOf(call, body);
    expect(event).toEqual({ ...base, ...expected });
    expect(CairnEventSchema.parse(event)).toEqual(event);
  });

  it('a batch says with `type` which call each item is', () => {
    const { accepted } = batch([
      { type: 'track', userId: 'ann', event: 'Seen' },
      { type: 'screen', userId: 'ann', name: 'Cart' },
    ]);
    expect(accepted.map(({ event }) => event.name)).toEqual(['Seen', 'Screen Viewed']);
  });

  it("a page's own property goes before its name", () => {
    expect(eventOf('page', { name: 'Home', properties: { name: 'Start' } }).properties).toEqual({ name: 'Start' });
  });

  it("a group's traits are not the customer's", () => {
    expect(eventOf('group', { groupId: 'acme', traits: { email: 'office@acme.com' } })).not.toHaveProperty('traits');
  });

  it('`properties`, `traits` and `context` may be null', () => {
    const event = eventOf('track', { event: 'Seen', properties: null, context: null });
    expect(event).toEqual({ ...base, type: 'track', name: 'Seen', properties: {} });
  });
});

describe('identity', () => {
  const identityOf = (item: Record<string, unknown>) => {
    const { accepted } = batch([item]);
    return accepted.map(({ profile, identity, group, event }) => ({ profile, identity, group, from: event.from }));
  };
  const ann = profileKeyOfUser('ann');
  const user = { kind: 'user', id: 'ann' };

  it('an anonymousId without a userId is an anonymous profile', () => {
    const profile = profileKeyOfAnonymous('a-1');
    expect(identityOf({ type: 'track', event: 'Seen', anonymousId: 'a-1', userId: null })).toEqual([
      { profile, identity: { kind: 'anonymous', id: 'a-1' }, group: profile, from: undefined },
    ]);
  });

  it.each([
    ['track', { event: 'Seen' }],
    ['page', {}],
    ['screen', {}],
    ['group', { groupId: 'acme' }],
  ])('%s with both ids belongs to the user and merges nothing', (type, more) => {
    expect(identityOf({ type, userId: 'ann', anonymousId: 'a-1', ...more })).toEqual([
      { profile: ann, identity: user, group: ann, from: undefined },
    ]);
  });

  it('identify with both ids merges the anonymous one, in the group of the user', () => {
    expect(identityOf({ type: 'identify', userId: 'ann', anonymousId: 'a-1' })).toEqual([
      { profile: ann, identity: user, group: ann, from: { kind: 'anonymous', id: 'a-1' } },
    ]);
  });

  it('identify of an anonymous profile alone merges nothing', () => {
    expect(identityOf({ type: 'identify', anonymousId: 'a-1' })[0]?.from).toBeUndefined();
  });

  it('alias names its other side only by previousId, and goes behind what came before it of the old id', () => {
    expect(identityOf({ type: 'alias', userId: 'ann', anonymousId: 'a-1', previousId: 'old-ann' })).toEqual([
      { profile: ann, identity: user, group: profileKeyOfUser('old-ann'), from: { kind: 'either', id: 'old-ann' } },
    ]);
  });

  it('a number is the same id as its digits', () => {
    expect(identityOf({ type: 'track', event: 'Seen', userId: 42 })).toEqual(
      identityOf({ type: 'track', event: 'Seen', userId: '42' }),
    );
  });

  it('an empty userId is none', () => {
    expect(identityOf({ type: 'track', event: 'Seen', userId: '', anonymousId: 'a-1' })[0]?.identity).toEqual({
      kind: 'anonymous',
      id: 'a-1',
    });
  });
});

describe('messageId', () => {
  it('is kept, as a string', () => {
    expect(eventOf('track', { event: 'Seen', messageId: 7 }).id).toBe('7');
  });

  it.each([undefined, null, ''])('is assigned where it is %o', (messageId) => {
    expect(eventOf('track', { event: 'Seen', messageId }).id).toBe('assigned-1');
  });

  it('is assigned to each item apart', () => {
    const items = [1, 2].map(() => ({ type: 'track', event: 'Seen', userId: 'ann' }));
    expect(batch(items).accepted.map(({ event }) => event.id)).toEqual(['assigned-1', 'assigned-2']);
  });
});

describe("a batch's context and sentAt lie under each item's", () => {
  const item = { type: 'track', event: 'Seen', userId: 'ann', messageId: 'm1' };

  it('key by key', () => {
    const { accepted } = batch([{ ...item, context: { locale: 'de-DE' } }, item], {
      context: { locale: 'en-US', timezone: 'Asia/Tokyo' },
    });
    expect(accepted.map(({ event }) => event.context)).toEqual([
      { locale: 'de-DE', timezone: 'Asia/Tokyo' },
      { locale: 'en-US', timezone: 'Asia/Tokyo' },
    ]);
  });

  it("an item's own sentAt is the one its clock is corrected by", () => {
    const timestamp = '2026-11-02T00:00:00.000Z';
    const { accepted } = batch(
      [
        { ...item, timestamp, sentAt: '2026-11-02T00:00:05.000Z' },
        { ...item, timestamp },
      ],
      { sentAt: '2026-11-02T00:00:20.000Z' },
    );
    expect(accepted.map(({ event }) => NOW - event.at)).toEqual([5_000, 20_000]);
  });
});

describe('what is wrong is rejected by its index and its place in the body', () => {
  it.each([
    ['identify', { userId: { id: 1 } }, '/userId', 'must be a string'],
    ['track', { event: 'Seen', anonymousId: true }, '/anonymousId', 'must be a string'],
    ['track', { event: 'Seen', userId: 'ann', messageId: [] }, '/messageId', 'must be a string'],
    ['track', { event: 'Seen', userId: 'x'.repeat(256) }, '/userId', 'must be at most 255 characters'],
    ['track', { event: 'Seen' }, '/userId', 'userId or anonymousId is missing'],
    ['track', { userId: 'ann' }, '/event', 'must be the name of the event'],
    ['track', { userId: 'ann', event: '' }, '/event', 'must be the name of the event'],
    ['track', { userId: 'ann', event: 5 }, '/event', 'must be the name of the event'],
    ['track', { userId: 'ann', event: 'x'.repeat(256) }, '/event', 'must be at most 255 characters'],
    ['track', { userId: 'ann', event: 'Seen', properties: [] }, '/properties', 'must be an object'],
    ['identify', { userId: 'ann', traits: 'x' }, '/traits', 'must be an object'],
    ['identify', { userId: 'ann', context: 5 }, '/context', 'must be an object'],
    ['track', { userId: 'ann', event: 'Seen', timestamp: 'soon' }, '/timestamp', NO_INSTANT],
    ['track', { userId: 'ann', event: 'Seen', timestamp: '2026-02-30' }, '/timestamp', NO_INSTANT],
    ['track', { userId: 'ann', event: 'Seen', sentAt: {} }, '/sentAt', NO_INSTANT],
    ['group', { userId: 'ann' }, '/groupId', 'is missing'],
    ['group', { userId: 'ann', groupId: '' }, '/groupId', 'is missing'],
    ['alias', { userId: 'ann' }, '/previousId', 'is missing'],
    ['alias', { previousId: 'a-1', anonymousId: 'a-1' }, '/userId', 'is missing'],
  ] as const)('%s %o', (call, body, path, message) => {
    expect(faultOf(call, body)).toEqual({ index: 0, path, message });
    expect(
      batch([
        { type: 'page', userId: 'ann' },
        { type: call, ...body },
      ]).rejected,
    ).toEqual([{ index: 1, path: `/batch/1${path}`, message }]);
  });

  it.each([['x'], [null], [[]], [7]])('an item that is %o', (item) => {
    expect(batch([item]).rejected).toEqual([{ index: 0, path: '/batch/0', message: 'must be an object' }]);
  });

  it.each([undefined, 'batch', 'delete', 'constructor'])('an item of type %o', (type) => {
    expect(batch([{ type, userId: 'ann', event: 'Seen' }]).rejected).toEqual([
      { index: 0, path: '/batch/0/type', message: 'must be one of identify, track, page, screen, group, alias' },
    ]);
  });

  it('the others are taken, with their places in the request', () => {
    const good = (id: string) => ({ type: 'page', userId: 'ann', messageId: id });
    const { accepted, rejected } = batch([good('m0'), { type: 'page' }, good('m2')]);
    expect(accepted.map(({ index, event }) => [index, event.index, event.id])).toEqual([
      [0, 0, 'm0'],
      [2, 2, 'm2'],
    ]);
    expect(rejected.map(({ index }) => index)).toEqual([1]);
  });
});

describe('limits of an item', () => {
  /** An item of exactly so many bytes. */
  const sized = (bytes: number, letter = 'x') => {
    const item = { type: 'page', userId: 'ann', properties: { text: '' } };
    item.properties.text = letter.repeat((bytes - JSON.stringify(item).length) / Buffer.byteLength(letter));
    return item;
  };

  it('32 KB are taken, one byte more is not', () => {
    expect(batch([sized(32_768)]).rejected).toEqual([]);
    expect(batch([sized(32_769)]).rejected).toEqual([{ index: 0, path: '/batch/0', message: 'is over 32 KB' }]);
  });

  it('are of what the client counts: what lies in the batch beside its items goes to 64 KB', () => {
    const beside = (context: number) => ({
      batch: [sized(32_768)],
      sentAt: '2026-11-02T01:00:00.000Z',
      context: { library: { name: 'x'.repeat(context) } },
    });
    expect(normalise(beside(1_000), undefined, arrival()).rejected).toEqual([]);
    expect(normalise(beside(33_000), undefined, arrival()).rejected).toEqual([
      { index: 0, path: '/batch/0', message: "is over 64 KB with the batch's context" },
    ]);
  });

  it('are of bytes, not of characters', () => {
    expect(batch([sized(33_000, '界')]).rejected).toEqual([{ index: 0, path: '/batch/0', message: 'is over 32 KB' }]);
  });

  it('2,500 items are a batch, one more is none', () => {
    const items = (count: number) => Array.from({ length: count }, () => ({ type: 'page', userId: 'ann' }));
    expect(batch(items(2_500)).accepted).toHaveLength(2_500);
    expect(() => batch(items(2_501))).toThrow(UnreadableBodyError);
  });

  it.each([101, 15_000])('JSON %i levels deep is that item’s fault alone', (levels) => {
    const deep: unknown = JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`);
    const good = { type: 'page', userId: 'ann' };
    const { accepted, rejected } = batch([good, { ...good, properties: { deep } }, good]);
    expect(accepted).toHaveLength(2);
    expect(rejected).toEqual([{ index: 1, path: '/batch/1', message: 'is nested more than 100 levels deep' }]);
  });
});

describe('a body of no use', () => {
  it.each([null, [], 'text', 5])('%o is no call', (body) => {
    expect(() => normalise(body, 'track', arrival())).toThrow(UnreadableBodyError);
    expect(() => normalise(body, undefined, arrival())).toThrow(UnreadableBodyError);
  });
  it.each([undefined, {}, 'x'])('a batch of %o is none', (items) => {
    expect(() => normalise({ batch: items }, undefined, arrival())).toThrow('batch must be a list');
  });
});

describe('names that only Cairn gives', () => {
  const OURS = [
    'Message Sent',
    'Message Delivered',
    'Message Bounced',
    'Message Complained',
    'Message Failed',
    'Unsubscribed',
    'Task Completed',
  ];
  const properties = { messageId: 'a-message' };

  it.each(OURS)('%s is taken of a server key and rejected of a client key', (event) => {
    expect(eventOf('track', { event, properties }, { key: 'server' }).name).toBe(event);
    expect(faultOf('track', { userId: 'ann', event, properties }, { key: 'client' })).toEqual({
      index: 0,
      path: '/event',
      message: `${event} is reserved`,
    });
  });

  it.each(['Message Opened', 'Message Clicked'])('%s is taken of a client key, with its message', (event) => {
    expect(eventOf('track', { event, properties }, { key: 'client' })).toMatchObject({ name: event, key: 'client' });
    expect(faultOf('track', { userId: 'ann', event }, { key: 'client' })).toEqual({
      index: 0,
      path: '/properties/messageId',
      message: 'is missing',
    });
  });

  it.each([
    ['', 'is missing'],
    ['m'.repeat(3_000), 'must be at most 255 characters'],
    ['\ud800', 'must be valid Unicode: it holds a lone surrogate'],
  ])('a message that no table can have is rejected (%#)', (messageId, message) => {
    const item = { userId: 'ann', event: 'Message Opened', properties: { messageId } };
    expect(faultOf('track', item)).toEqual({ index: 0, path: '/properties/messageId', message });
  });

  it.each(['client', 'server'] as const)('@tag-added is rejected of a %s key', (key) => {
    expect(faultOf('track', { userId: 'ann', event: '@tag-added', properties: { tag: 'vip' } }, { key })?.path).toBe(
      '/event',
    );
  });

  it('a page may be called like one of them', () => {
    expect(eventOf('page', { name: 'Unsubscribed' }, { key: 'client' }).name).toBe('Page Viewed');
  });
});
