import { AnalyticsBrowser } from '@segment/analytics-next';
import { Analytics } from '@segment/analytics-node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

type Json = Record<string, unknown>;
interface ProfileView {
  traits: Json;
  timezone: string;
  locale: string;
  addresses: Json;
  consent: Json;
}

/** Years away from the cloud's clock: a right result shows that `sentAt` has corrected it. */
const CLIENT_CLOCK = Date.parse('2019-03-04T05:06:07.000Z');
const NOW = '2026-11-02T01:00:00.000Z';
let cairn: Cairn;

beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));
beforeEach(async () => {
  await cairn.reset();
  vi.useFakeTimers({ toFake: ['Date'], now: CLIENT_CLOCK });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const profile = (id: string) => cairn.ok<ProfileView>('admin', 'GET', `/v1/profiles/${id}`);
const timeline = async (id: string) =>
  (await cairn.ok<{ items: Json[] }>('admin', 'GET', `/v1/profiles/${id}/timeline`)).items.reverse();

describe("Segment's Node SDK, unchanged", () => {
  /** Sends what `calls` calls in one batch; gives the statuses of its requests. */
  async function sdk(calls: (analytics: Analytics) => void, writeKey = 'dev'): Promise<number[]> {
    const statuses: number[] = [];
    const analytics = new Analytics({ writeKey, host: cairn.url, flushAt: 50, maxRetries: 0 });
    analytics.on('http_response', ({ status }) => void statuses.push(status));
    // It is also emitted for calls that a test wants refused, and throws without a listener.
    analytics.on('error', () => undefined);
    calls(analytics);
    await analytics.closeAndFlush();
    await cairn.local('POST', 'settle');
    return statuses;
  }

  it("all six calls arrive, at the instants that the client's clock meant", async () => {
    const statuses = await sdk((analytics) => {
      const timestamp = new Date(CLIENT_CLOCK - 60_000);
      analytics.identify({
        userId: 'ann',
        traits: { email: 'ann@example.com', phone: '13800138000', plan: 'pro' },
        timestamp,
      });
      analytics.track({ userId: 'ann', event: 'Order Completed', properties: { total: 25 }, messageId: 'order-1' });
      analytics.page({ userId: 'ann', name: 'Home', category: 'Docs', properties: { url: '/' } });
      analytics.screen({ userId: 'ann', name: 'Cart' });
      analytics.group({ userId: 'ann', groupId: 'acme', traits: { size: 3 } });
    });
    expect(statuses).toEqual([200]);
    expect(await profile('ann')).toMatchObject({
      traits: { email: 'ann@example.com', plan: 'pro', createdAt: '2026-11-02T00:59:00.000Z' },
      addresses: {
        email: { value: 'ann@example.com', status: 'ok' },
        sms: { value: '+8613800138000', status: 'ok' },
      },
    });
    const events = await timeline('ann');
    expect(events.map(({ type, event, timestamp }) => [type, event, timestamp])).toEqual([
      ['identify', undefined, '2026-11-02T00:59:00.000Z'],
      ['track', 'Order Completed', NOW],
      ['track', 'Page Viewed', NOW],
      ['track', 'Screen Viewed', NOW],
      ['group', undefined, NOW],
    ]);
    expect(events[1]).toMatchObject({ messageId: 'order-1', properties: { total: 25 } });
    expect(events[2]).toMatchObject({ properties: { name: 'Home', category: 'Docs', url: '/' } });
  });

  it('identify merges the anonymous visitor, alias a former user', async () => {
    await sdk((analytics) => analytics.track({ anonymousId: 'a-1', event: 'Seen' }));
    await sdk((analytics) => analytics.identify({ userId: 'old-ann', traits: { city: 'Rome' } }));
    await sdk((analytics) => {
      analytics.identify({ userId: 'ann', anonymousId: 'a-1', traits: { plan: 'pro' } });
      analytics.alias({ userId: 'ann', previousId: 'old-ann' });
    });
    const ann = await profile('ann');
    expect(ann.traits).toMatchObject({ plan: 'pro', city: 'Rome' });
    for (const former of ['a-1', 'old-ann']) expect(await profile(former)).toEqual(ann);
    expect((await timeline('ann')).map(({ event }) => event)).toContain('Seen');
  });

  it('a consent stamp closes and does not reopen', async () => {
    const seen = (sms: boolean) =>
      sdk((analytics) =>
        analytics.track({
          userId: 'ann',
          event: 'Seen',
          context: { consent: { categoryPreferences: { sms } } } as Json,
        }),
      );
    const granted = async () => (await profile('ann')).consent.sms;
    await seen(true);
    expect(await granted()).toMatchObject({ granted: true, source: 'sdk' });
    await cairn.advance('1m');
    await seen(false);
    await cairn.advance('1m');
    await seen(true);
    expect(await granted()).toMatchObject({ granted: false });
  });

  it('a repeated messageId counts once', async () => {
    const order = (analytics: Analytics) =>
      void analytics.track({ userId: 'ann', event: 'Order Completed', messageId: 'order-1' });
    await sdk(order);
    await cairn.advance('1d');
    expect(await sdk(order)).toEqual([200]);
    expect(await timeline('ann')).toHaveLength(1);
  });

  it('a key that nobody has is refused', async () => {
    expect(await sdk((analytics) => void analytics.track({ userId: 'ann', event: 'Seen' }), 'other')).toEqual([401]);
    expect((await cairn.as('admin', 'GET', '/v1/profiles/ann')).status).toBe(404);
  });
});

describe("Segment's browser SDK, unchanged, in a page that has just enough of a browser", () => {
  let writeKey: string;
  const requests: { path: string; contentType: string | null; status: number }[] = [];

  beforeEach(async () => {
    const key = await cairn.ok<{ key: string }>('admin', 'POST', '/v1/keys', { kind: 'client', name: 'web' });
    writeKey = key.key;
    requests.length = 0;
    const location = new URL('https://shop.example.com/cart');
    const navigator = { onLine: true, userAgent: 'Mozilla/5.0', language: 'ja-JP' };
    const nothing = { querySelector: () => null, querySelectorAll: () => [], getElementsByTagName: () => [] };
    const document = Object.assign(new EventTarget(), {
      location,
      title: 'Cart',
      referrer: '',
      cookie: '',
      ...nothing,
    });
    const passed = globalThis.fetch;
    const fetch = async (url: string, init?: RequestInit): Promise<Response> => {
      const response = await passed(url, init);
      const contentType = new Headers(init?.headers).get('content-type');
      const path = url.replace(cairn.url, '');
      if (/^\/v1\/.$/.test(path)) requests.push({ path, contentType, status: response.status });
      return response;
    };
    const window = Object.assign(new EventTarget(), { location, navigator, document, fetch });
    for (const [name, value] of Object.entries({ window, document, location, navigator, fetch }))
      vi.stubGlobal(name, value);
  });

  async function load(batchOf?: number) {
    const destination = {
      apiHost: `${new URL(cairn.url).host}/v1`,
      protocol: 'http' as const,
      ...(batchOf ? { deliveryStrategy: { strategy: 'batching' as const, config: { size: batchOf } } } : {}),
    };
    const [analytics] = await AnalyticsBrowser.load(
      { writeKey, cdnSettings: { integrations: { 'Segment.io': { apiKey: writeKey } } } },
      { disableClientPersistence: true, integrations: { 'Segment.io': destination } },
    );
    return analytics;
  }

  it('its six calls arrive by the short paths, as text/plain', async () => {
    const analytics = await load();
    await analytics.page('Cart');
    await analytics.identify('ann', { email: 'ann@example.com' });
    await analytics.track('Product Added', { sku: 'X' });
    await analytics.screen('Checkout');
    await analytics.group('acme', { size: 3 });
    await analytics.alias('ann', 'old-ann');
    await cairn.local('POST', 'settle');
    expect(requests).toEqual(
      ['p', 'i', 't', 's', 'g', 'a'].map((call) => ({ path: `/v1/${call}`, contentType: 'text/plain', status: 200 })),
    );
    const ann = await profile('ann');
    expect(ann.addresses.email).toEqual({ value: 'ann@example.com', status: 'ok' });
    expect(ann.locale).toBe('ja-JP');
    const events = await timeline('ann');
    expect(events.map(({ event, type }) => event ?? type).sort()).toEqual([
      'Page Viewed',
      'Product Added',
      'Screen Viewed',
      'alias',
      'group',
      'identify',
    ]);
    expect(new Set(events.map(({ timestamp }) => timestamp))).toEqual(new Set([NOW]));
  });

  it('it may send batches', async () => {
    const analytics = await load(2);
    await analytics.identify('ann', { plan: 'pro' });
    await analytics.track('Product Added', { sku: 'X' });
    await cairn.local('POST', 'settle');
    expect(requests).toEqual([{ path: '/v1/b', contentType: 'text/plain', status: 200 }]);
    expect((await timeline('ann')).map(({ event, type }) => event ?? type)).toEqual(['identify', 'Product Added']);
    expect((await profile('ann')).traits).toMatchObject({ plan: 'pro' });
  });

  it('reads its settings from us, and posts where they lead', async () => {
    const [analytics] = await AnalyticsBrowser.load(
      { writeKey, cdnURL: cairn.url },
      { disableClientPersistence: true },
    );
    await analytics.track('Product Added', { sku: 'X' }, { userId: 'ann' });
    await cairn.local('POST', 'settle');
    expect(requests).toEqual([{ path: '/v1/t', contentType: 'text/plain', status: 200 }]);
    expect((await timeline('ann')).map(({ event }) => event)).toEqual(['Product Added']);
  });

  it('what only Cairn may say is refused of its key', async () => {
    const analytics = await load();
    await analytics.identify('ann');
    await analytics.track('Unsubscribed');
    await cairn.local('POST', 'settle');
    expect(requests.map(({ status }) => status)).toEqual([200, 400]);
    expect((await timeline('ann')).map(({ type }) => type)).toEqual(['identify']);
  });
});

describe('a page of another origin', () => {
  const origin = 'https://shop.example.com';

  it('may read the settings of its source', async () => {
    const answer = await fetch(`${cairn.url}/v1/projects/dev/settings`, { headers: { origin } });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, '*']);
    expect(await answer.json()).toMatchObject({
      integrations: { 'Segment.io': { apiKey: 'dev', apiHost: `${new URL(cairn.url).host}/v1` } },
    });
    for (const end of ['', '/'])
      expect((await fetch(`${cairn.url}/v1/projects/nobody-s/settings${end}`)).status).toBe(404);
    const slashed = await fetch(`${cairn.url}/v1/projects/dev/settings/`, { headers: { origin } });
    expect([slashed.status, slashed.headers.get('access-control-allow-origin')]).toEqual([200, '*']);
    expect(await slashed.json()).toMatchObject({ integrations: { 'Segment.io': { apiKey: 'dev' } } });
    expect((await fetch(`${cairn.url}/v1/projects/dev/settings/more`)).status).toBe(404);
  });

  it('may say how often it has tried', async () => {
    const preflight = await fetch(`${cairn.url}/v1/t`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type,x-retry-count',
      },
    });
    const allowed = preflight.headers.get('access-control-allow-headers')?.split(',') ?? [];
    for (const header of ['x-retry-count', 'anonymousid', 'sentat', 'rsa-retry-attempt'])
      expect(allowed).toContain(header);
  });

  it('may send, with the key in a text/plain body that asks for no preflight', async () => {
    const answer = await fetch(`${cairn.url}/v1/t`, {
      method: 'POST',
      headers: { origin, 'content-type': 'text/plain' },
      body: JSON.stringify({ writeKey: 'dev', userId: 'ann', event: 'Seen', messageId: 'm1' }),
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(await answer.json()).toEqual({ success: true, accepted: 1, rejected: [] });
    await cairn.local('POST', 'settle');
    expect((await timeline('ann')).map(({ event }) => event)).toEqual(['Seen']);
  });

  it('may send gzip and its key in a header', async () => {
    const zipped = await new Response(
      new Blob([JSON.stringify({ batch: [{ type: 'track', userId: 'ann', event: 'Seen' }] })])
        .stream()
        .pipeThrough(new CompressionStream('gzip')),
    ).arrayBuffer();
    const authorization = `Basic ${btoa('dev:')}`;
    const answer = await fetch(`${cairn.url}/v1/b`, {
      method: 'POST',
      headers: { origin, authorization, 'content-type': 'application/json', 'content-encoding': 'gzip' },
      body: zipped,
    });
    expect(answer.status).toBe(200);
    const preflight = await fetch(`${cairn.url}/v1/b`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-headers')).toContain('authorization');
  });
});
