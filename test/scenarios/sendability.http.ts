import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));

interface Answer {
  now: boolean;
  channel?: string;
  reasons: { channel: string; reason: string }[];
  nextAt?: string;
  caps: { max: number; used: number; freesAt?: string }[];
}
const ask = (query = ''): Promise<Answer> => cairn.ok<Answer>('viewer', 'GET', `/v1/profiles/ann/sendability${query}`);
const sent = async (): Promise<number> => (await cairn.outbox({ profileId: 'ann' })).length;

beforeEach(async () => {
  await cairn.reset();
  await cairn.ok('marketer', 'PUT', '/v1/templates/news', {
    class: 'marketing',
    topic: 'news',
    content: { sms: { text: 'News' }, email: { subject: 'News', text: 'News' } },
  });
  await cairn.ok('marketer', 'PUT', '/v1/templates/receipt', {
    class: 'transactional',
    content: { email: { subject: 'Receipt', text: 'Thank you' } },
  });
  await cairn.ok('marketer', 'PUT', '/v1/journeys/news', {
    ...{ name: 'News', owner: 'growth', entry: { event: 'News Published' }, reentry: 'always', start: 'notify' },
    nodes: { notify: { type: 'send', template: 'news', next: 'done' }, done: { type: 'end' } },
  });
  await cairn.publish('news');
  await cairn.identify(
    'ann',
    { email: 'ann@example.com', phone: '+8613800138000' },
    { context: { consent: { categoryPreferences: { sms: true, email: true } } } },
  );
});

describe('sendability', () => {
  it('says by which channel a message would leave, and why not by the others', async () => {
    expect(await ask()).toEqual({
      now: true,
      channel: 'sms',
      reasons: [{ channel: 'push', reason: 'no-address' }],
      caps: [{ max: 2, per: 'day', used: 0 }],
    });
    // The template has nothing for push, so nobody tries it.
    expect(await ask('?template=news')).toMatchObject({ now: true, channel: 'sms', reasons: [] });
    await cairn.ok('marketer', 'POST', '/v1/profiles/ann/consents', { key: 'sms:news', granted: false });
    expect(await ask('?template=news')).toMatchObject({
      now: true,
      channel: 'email',
      reasons: [{ channel: 'sms', reason: 'no-consent' }],
    });
    expect(await ask('?template=news&channel=sms')).toEqual({
      now: false,
      reasons: [{ channel: 'sms', reason: 'no-consent' }],
      caps: [{ max: 2, per: 'day', used: 0 }],
    });
    // What it answers is what happens.
    await cairn.track('ann', 'News Published');
    expect(await cairn.outbox({ profileId: 'ann' })).toMatchObject([{ channel: 'email' }]);
  });

  it('says when the caps let the next one pass, and it does pass then', async () => {
    await cairn.ok('admin', 'PUT', '/v1/settings', {
      caps: [
        { max: 2, per: 'day' },
        { max: 3, within: '36h', topic: 'news' },
        { max: 1, per: 'day', channel: 'email' },
      ],
      floors: [],
    });
    await cairn.track('ann', 'News Published');
    await cairn.advance('1h');
    await cairn.track('ann', 'News Published');
    const full = await ask('?template=news');
    expect(full).toEqual({
      now: false,
      channel: 'sms',
      reasons: [
        { channel: 'sms', reason: 'daily-cap' },
        { channel: 'email', reason: 'daily-cap' },
      ],
      // Midnight in Shanghai.
      nextAt: '2026-11-02T16:00:00.000Z',
      caps: [
        { max: 2, per: 'day', used: 2, freesAt: '2026-11-02T16:00:00.000Z' },
        { max: 3, within: '36h', topic: 'news', used: 2 },
      ],
    });
    expect((await ask('?channel=email')).caps).toMatchObject([{ used: 2 }, { channel: 'email', used: 0 }]);
    await cairn.advanceTo('2026-11-02T15:59:59.999Z');
    await cairn.track('ann', 'News Published');
    expect(await sent()).toBe(2);
    await cairn.advanceTo(String(full.nextAt));
    expect(await ask('?template=news')).toMatchObject({ now: true });
    await cairn.track('ann', 'News Published');
    expect(await sent()).toBe(3);

    const rolling = await ask('?template=news');
    expect(rolling).toMatchObject({ now: false, reasons: [{ channel: 'sms', reason: 'rolling-cap' }, {}] });
    const first = (await cairn.outbox({ profileId: 'ann' }))[0]?.at;
    expect(Date.parse(String(rolling.nextAt)) - Date.parse(String(first))).toBe(36 * 3_600_000);
    await cairn.advanceTo(String(rolling.nextAt));
    await cairn.track('ann', 'News Published');
    expect(await sent()).toBe(4);
  });

  it('says when the hours of the country and the caps let it pass together', async () => {
    // Monday, 22:30 in Shanghai.
    await cairn.advanceTo('2026-11-02T14:30:00.000Z');
    expect(await ask('?template=news')).toEqual({
      now: false,
      channel: 'sms',
      reasons: [{ channel: 'sms', reason: 'country-hours' }],
      nextAt: '2026-11-03T00:00:00.000Z',
      caps: [{ max: 2, per: 'day', used: 0 }],
    });
    expect(await ask('?template=news&channel=email')).toMatchObject({ now: true, channel: 'email' });
    await cairn.ok('admin', 'PUT', '/v1/settings', { caps: [{ max: 1, within: '10h' }] });
    await cairn.ok('marketer', 'POST', '/v1/profiles/ann/consents', { key: 'sms', granted: false });
    await cairn.track('ann', 'News Published');
    await cairn.advance('1s');
    await cairn.ok('marketer', 'POST', '/v1/profiles/ann/consents', { key: 'sms', granted: true });
    expect(await sent()).toBe(1);
    // The cap frees at half past eight, when the hours are open.
    expect(await ask('?template=news')).toMatchObject({ channel: 'sms', nextAt: '2026-11-03T00:30:00.000Z' });
    // One that frees at night waits for the hours.
    await cairn.ok('admin', 'PUT', '/v1/settings', { caps: [{ max: 1, within: '3h' }] });
    expect(await ask('?template=news')).toMatchObject({ channel: 'sms', nextAt: '2026-11-03T00:00:00.000Z' });
    await cairn.ok('admin', 'PUT', '/v1/settings', { caps: [{ max: 1, within: '10h' }] });
    await cairn.advanceTo('2026-11-03T00:30:00.000Z');
    expect(await ask('?template=news')).toMatchObject({ now: true, channel: 'sms', reasons: [] });
  });

  it('says when the window of the settings opens, also where it skips', async () => {
    const window = { days: ['tue'], hours: [['10:00', '12:00']], otherwise: 'skip' };
    await cairn.ok('admin', 'PUT', '/v1/settings', { window });
    expect(await ask('?template=news')).toMatchObject({
      now: false,
      channel: 'sms',
      reasons: [
        { channel: 'sms', reason: 'outside-window' },
        { channel: 'email', reason: 'outside-window' },
      ],
      nextAt: '2026-11-03T02:00:00.000Z',
    });
    expect(await ask('?template=receipt')).toMatchObject({ now: true });
  });

  it('names a pause, which no time ends', async () => {
    await cairn.ok('marketer', 'POST', '/v1/channels/sms/pause', { reason: 'complaints' });
    expect(await ask('?template=news')).toMatchObject({
      now: false,
      channel: 'sms',
      reasons: [{ channel: 'sms', reason: 'paused' }],
    });
    expect(await ask('?template=news')).not.toHaveProperty('nextAt');
  });

  it('asks of a transactional template only the address', async () => {
    await cairn.ok('marketer', 'POST', '/v1/profiles/ann/consents', { key: 'email', granted: false });
    expect(await ask('?template=receipt')).toEqual({ now: true, channel: 'email', reasons: [], caps: [] });
  });

  it('sends and counts nothing', async () => {
    for (let time = 0; time < 3; time += 1) await ask('?template=news');
    await cairn.local('POST', 'settle');
    expect(await sent()).toBe(0);
    expect((await ask()).caps).toMatchObject([{ used: 0 }]);
  });

  it.each([
    ['/v1/profiles/ann/sendability?template=nothing', 422, '/query/template'],
    ['/v1/profiles/ann/sendability?template=receipt&channel=sms', 422, '/query/channel'],
    ['/v1/profiles/ann/sendability?channel=fax', 422, '/query/channel'],
    ['/v1/profiles/nobody/sendability', 404, undefined],
  ])('%s is refused', async (path, status, pointer) => {
    const answer = await cairn.as<{ errors?: { path: string }[] }>('viewer', 'GET', path);
    expect([answer.status, answer.body.errors?.[0]?.path]).toEqual([status, pointer]);
  });
});
