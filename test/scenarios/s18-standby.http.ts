import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Cairn, example } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));

interface View {
  id: string;
  status: string;
  channel?: string;
  reason?: string;
}

beforeEach(async () => {
  await cairn.reset();
  await cairn.ok('admin', 'PUT', '/v1/settings', { ...(await example('settings', 'standby')), caps: [] });
  const content = { email: { subject: 'News', text: 'News' }, sms: { text: 'News' } };
  await cairn.ok('marketer', 'PUT', '/v1/templates/news', { class: 'marketing', topic: 'news', content });
  await cairn.ok('marketer', 'PUT', '/v1/templates/code', { class: 'transactional', content: { sms: { text: '1' } } });
  for (const [id, channels] of Object.entries({ both: undefined, text: ['sms'] })) {
    await cairn.ok('marketer', 'PUT', `/v1/journeys/${id}`, {
      ...{ name: id, entry: { event: `Start ${id}` }, reentry: 'always', validFor: '40m', start: 'notify' },
      nodes: { notify: { type: 'send', template: 'news', channels, next: 'done' }, done: { type: 'end' } },
    });
    await cairn.publish(id);
  }
  for (let index = 0; index < 24; index += 1) await meet(`c${index}`, index);
});

const meet = (id: string, index: number) =>
  cairn.identify(
    id,
    { email: `${id}@example.com`, phone: `+86138001380${String(index).padStart(2, '0')}` },
    { context: { consent: { categoryPreferences: { sms: true, email: true } } } },
  );
const fault = (mode: string, times: number) => cairn.local('POST', 'faults', { provider: 'sms', mode, times });
const newest = async (id: string): Promise<View> =>
  (await cairn.ok<{ items: View[] }>('viewer', 'GET', `/v1/messages?profileId=${id}`)).items[0] as View;
async function send(id: string, event: 'both' | 'text' = 'both'): Promise<View> {
  await cairn.track(id, `Start ${event}`);
  return newest(id);
}
const breaker = async (): Promise<string | undefined> =>
  (await cairn.ok<{ items: { id: string; breaker: string }[] }>('viewer', 'GET', '/v1/channels')).items.find(
    ({ id }) => id === 'sms',
  )?.breaker;
const alerts = async () =>
  (await cairn.ok<{ items: object[] }>('viewer', 'GET', '/v1/alerts')).items.filter(
    (one) => 'kind' in one && one.kind === 'breaker',
  );
/** The provider fails for 20 messages. */
async function breakIt(): Promise<void> {
  await fault('error', 20);
  for (let index = 0; index < 20; index += 1) await cairn.track(`c${index}`, 'Start both');
}

describe('S18: a provider that fails', () => {
  it('is left alone after 20 errors: its messages take the next channel, until a probe finds it well', async () => {
    expect(await breaker()).toBe('closed');
    await breakIt();
    expect(await breaker()).toBe('open');
    expect(await alerts()).toMatchObject([
      { scope: 'channel', metric: 'failures', value: 1, threshold: 0.5, did: 'alerted' },
    ]);
    expect(await send('c20')).toMatchObject({ status: 'sent', channel: 'email' });
    // Those that failed take it too when they are tried again.
    await cairn.advance('29s');
    expect(await newest('c0')).toMatchObject({ status: 'sent', channel: 'email' });
    expect(await send('c21')).toMatchObject({ channel: 'email' });
    await cairn.advance('1s');
    expect(await breaker()).toBe('half-open');
    expect(await send('c22')).toMatchObject({ status: 'sent', channel: 'sms' });
    expect(await breaker()).toBe('closed');
    // Counting begins anew.
    await fault('error', 1);
    await send('c23');
    expect(await breaker()).toBe('closed');
    expect(await cairn.outbox({ profileId: 'c22' })).toHaveLength(1);
    for (let index = 0; index < 20; index += 1) expect(await cairn.outbox({ profileId: `c${index}` })).toHaveLength(1);
  });

  it('is left alone for another 30 seconds by a probe that fails', async () => {
    await breakIt();
    await cairn.advance('30s');
    await fault('error', 1);
    await send('c20');
    expect(await breaker()).toBe('open');
    expect(await send('c21')).toMatchObject({ channel: 'email' });
    await cairn.advance('30s');
    expect(await send('c22')).toMatchObject({ channel: 'sms' });
    expect(await alerts()).toHaveLength(1);
  });

  it('lets messages wait that have no other channel, and sends them once it is well', async () => {
    await breakIt();
    expect(await send('c20', 'text')).toMatchObject({ status: 'deferred', channel: 'sms', reason: 'breaker-open' });
    const { id } = await cairn.ok<{ id: string }>('marketer', 'POST', '/v1/messages', {
      profileId: 'c21',
      template: 'code',
    });
    await cairn.local('POST', 'settle');
    expect(await cairn.ok('viewer', 'GET', `/v1/messages/${id}`)).toMatchObject({ status: 'deferred' });
    expect(await cairn.ok('viewer', 'GET', '/v1/profiles/c22/sendability?channel=sms')).toMatchObject({
      now: false,
      reasons: [{ channel: 'sms', reason: 'breaker-open' }],
    });
    await cairn.advance('2m');
    expect(await newest('c20')).toMatchObject({ status: 'sent', channel: 'sms' });
    expect(await newest('c21')).toMatchObject({ status: 'sent', channel: 'sms' });
    expect(await cairn.outbox({ profileId: 'c20' })).toHaveLength(1);
  });

  it('lets them wait up to validFor if it stays as it is', async () => {
    await fault('error', 1_000);
    for (let index = 0; index < 20; index += 1) await cairn.track(`c${index}`, 'Start both');
    await send('c20', 'text');
    await cairn.advance('20m');
    expect(await newest('c20')).toMatchObject({ status: 'deferred' });
    await cairn.advance('30m');
    expect(await newest('c20')).toMatchObject({ status: 'suppressed', reason: 'expired' });
    expect(await cairn.outbox({ profileId: 'c20' })).toHaveLength(0);
  });

  it.each(['throttle', 'permanent'])('is none that answers %s', async (mode) => {
    await fault(mode, 22);
    for (let index = 0; index < 22; index += 1) await cairn.track(`c${index}`, 'Start both');
    expect(await breaker()).toBe('closed');
  });

  it('is none of which most messages are sent', async () => {
    for (let index = 0; index < 12; index += 1) await send(`c${index}`);
    await fault('error', 9);
    for (let index = 12; index < 21; index += 1) await send(`c${index}`);
    expect(await breaker()).toBe('closed');
  });
});
