import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

/** What every local process signs with. */
const SECRET = Buffer.from('cairn, on this machine alone').toString('base64');
const CONTENT = {
  webhook: {
    body: { to: '{{ profile.id }}', points: '{{ profile.points | default: 0 }}', text: 'News of {{ data.of }}' },
  },
  sms: { text: 'News' },
};

let cairn: Cairn;
let people = 0;

const settings = (more: object = {}) => ({ caps: [], topics: ['offers'], validFor: { journey: '2h' }, ...more });
const putSettings = (more: object = {}) =>
  cairn.as<{ errors?: object[] }>('admin', 'PUT', '/v1/settings', settings(more));
/** Settings that name a place. */
const open = (more: object = {}, secret = 'crm-token') =>
  putSettings({
    webhookChannel: {
      url: `${cairn.url}/_local/receiver`,
      headers: { Authorization: { secret }, 'X-Team': 'crm' },
    },
    ...more,
  });

beforeAll(async () => {
  cairn = await acquireCairn();
  await cairn.ok('admin', 'PUT', '/v1/secrets/crm-token', { value: 'Bearer a-long-token' });
  await open();
  const news = { class: 'marketing', topic: 'offers', content: CONTENT };
  await journey('only', news, ['webhook']);
  await journey('first', news, ['webhook', 'sms']);
});
afterEach(async () => {
  await cairn.local('POST', 'faults', { provider: 'webhook', times: 0 });
  await open();
});
afterAll(() => releaseCairn(cairn));

/** Sends a template at `Start <id>`. */
async function journey(id: string, template: object, channels: string[]): Promise<void> {
  await cairn.ok('marketer', 'PUT', `/v1/templates/${id}`, template);
  await cairn.ok('marketer', 'PUT', `/v1/journeys/${id}`, {
    name: id,
    entry: { event: `Start ${id}` },
    reentry: 'always',
    start: 'notify',
    nodes: { notify: { type: 'send', template: id, channels, next: 'done' }, done: { type: 'end' } },
  });
  await cairn.publish(id);
}

interface MessageView {
  id: string;
  status: string;
  reason?: string;
  channel?: string;
  history: { status: string; detail?: string }[];
}
const newest = async (profileId: string): Promise<MessageView | undefined> =>
  (await cairn.ok<{ items: MessageView[] }>('viewer', 'GET', `/v1/messages?profileId=${profileId}`)).items[0];

const CONSENT = { webhook: true, sms: true };
async function meet(consent: object = CONSENT): Promise<string> {
  people += 1;
  const id = `person-${people}`;
  const phone = `+86138003${10_000 + people}`;
  await cairn.identify(id, { phone, points: 7 }, { context: { consent: { categoryPreferences: consent } } });
  return id;
}
async function sendTo(id: string, start = 'only'): Promise<MessageView | undefined> {
  await cairn.advance('1s');
  await cairn.track(id, `Start ${start}`, { of: 'today' });
  return newest(id);
}
const pageOf = async (url: string) => String((await cairn.call('GET', new URL(url).pathname)).body);

describe('the channel webhook', () => {
  it('is skipped while the settings name no place', async () => {
    await putSettings();
    const id = await meet();
    expect(await sendTo(id)).toMatchObject({ status: 'suppressed', reason: 'no-address', channel: 'webhook' });
    expect(await sendTo(id, 'first')).toMatchObject({ status: 'sent', channel: 'sms' });
  });

  it('needs the secrets that its place names, and keeps them from being deleted', async () => {
    expect(await open({}, 'other')).toMatchObject({
      status: 422,
      body: {
        errors: [{ path: '/webhookChannel/headers/Authorization/secret', message: 'there is no secret other' }],
      },
    });
    expect(await cairn.as('admin', 'DELETE', '/v1/secrets/crm-token')).toMatchObject({
      status: 409,
      body: { references: [{ kind: 'settings', id: 'live' }] },
    });
    expect(await cairn.ok('viewer', 'GET', '/v1/settings')).toMatchObject({
      webhookChannel: { headers: { Authorization: { secret: 'crm-token' } } },
    });
  });

  it('posts the body, signed under the id of the message, to whoever agreed', async () => {
    const id = await meet();
    const message = await sendTo(id);
    expect(message).toMatchObject({ status: 'sent', channel: 'webhook' });
    const [sent] = await cairn.outbox({ channel: 'webhook', profileId: id });
    expect(sent).toMatchObject({
      to: `${cairn.url}/_local/receiver`,
      messageId: message?.id,
      template: 'only',
      headers: { 'webhook-id': message?.id, authorization: 'Bearer a-long-token', 'x-team': 'crm' },
    });
    const body = sent?.body ?? '';
    const { 'webhook-id': webhookId = '', 'webhook-timestamp': at = '', ...headers } = sent?.headers ?? {};
    expect(headers['webhook-signature']).toBe(new Webhook(SECRET).sign(webhookId, new Date(Number(at) * 1000), body));
    expect(JSON.parse(body)).toEqual({ to: id, points: 7, text: 'News of today' });

    const { totals } = await cairn.ok<{ totals: { sent: number } }>('viewer', 'GET', '/v1/reports/channel/webhook');
    expect(totals.sent).toBeGreaterThan(0);
    expect(await cairn.ok('viewer', 'GET', `/v1/profiles/${id}`)).toMatchObject({
      addresses: { sms: { status: 'ok' } },
      consent: { webhook: { granted: true } },
    });
    expect(await sendTo(await meet({ sms: true }))).toMatchObject({ status: 'suppressed', reason: 'no-consent' });
  });

  it('counts towards caps, and can be paused', async () => {
    await open({ caps: [{ max: 1, per: 'day', channel: 'webhook' }] });
    const id = await meet();
    expect(await sendTo(id)).toMatchObject({ status: 'sent' });
    expect(await sendTo(id)).toMatchObject({ status: 'suppressed', reason: 'daily-cap' });

    const held = await meet();
    await cairn.ok('marketer', 'POST', '/v1/channels/webhook/pause');
    expect(await sendTo(held)).toMatchObject({ status: 'held' });
    await cairn.ok('approver', 'POST', '/v1/channels/webhook/resume');
    await cairn.local('POST', 'settle');
    expect(await newest(held)).toMatchObject({ status: 'sent', channel: 'webhook' });
  });

  const fail = (mode: string, times: number) => cairn.local('POST', 'faults', { provider: 'webhook', mode, times });

  it('tries again what the receiver could not take, under the same id', async () => {
    await fail('error', 2);
    const id = await meet();
    const message = await sendTo(id);
    expect(message?.history.at(-1)).toMatchObject({ status: 'sending', detail: 'status 500: {"message":"error"}' });
    await cairn.advance('5m');
    expect(await newest(id)).toMatchObject({ id: message?.id, status: 'sent' });
    expect(await cairn.outbox({ channel: 'webhook', profileId: id })).toHaveLength(1);

    await fail('throttle', 1);
    const other = await meet();
    await sendTo(other);
    await cairn.advance('5m');
    expect(await newest(other)).toMatchObject({ status: 'sent', channel: 'webhook' });
  });

  it('gives the next channel what the receiver refuses, or is too long away for', async () => {
    await fail('permanent', 2);
    expect(await sendTo(await meet())).toMatchObject({ status: 'failed', reason: 'provider-permanent' });
    expect(await sendTo(await meet(), 'first')).toMatchObject({ status: 'sent', channel: 'sms' });
    await fail('error', 100);
    const id = await meet();
    await sendTo(id, 'first');
    await cairn.advance('30m');
    expect(await newest(id)).toMatchObject({ status: 'sent', channel: 'sms' });
  });

  it('never sends again what the receiver has and did not answer', async () => {
    await fail('timeout', 1);
    const id = await meet();
    expect(await sendTo(id, 'first')).toMatchObject({ status: 'unknown', channel: 'webhook' });
    await cairn.advance('30m');
    expect(await cairn.outbox({ profileId: id })).toHaveLength(1);
  });

  it('shows its body in a preview and in a dry run', async () => {
    const body = { to: 'simulated', points: 0, text: 'News of tomorrow' };
    const preview = await cairn.ok('marketer', 'POST', '/v1/templates/only/preview', {
      profile: { id: 'simulated' },
      data: { of: 'tomorrow' },
      channel: 'webhook',
    });
    expect(preview).toEqual({ body, missing: [] });
    const { messages } = await cairn.ok<{ messages: object[] }>('marketer', 'POST', '/v1/journeys/only/simulate', {
      profile: { traits: {}, consent: { webhook: true } },
      trigger: { properties: { of: 'tomorrow' } },
    });
    expect(messages).toMatchObject([{ status: 'sent', channel: 'webhook', body }]);
  });

  it('stands on the preference page while there is a place, and is refused there', async () => {
    const content = { webhook: { body: { page: '{{ unsubscribeUrl }}' } } };
    await journey('page', { class: 'marketing', content }, ['webhook']);
    const id = await meet();
    await sendTo(id, 'page');
    const [sent] = await cairn.outbox({ channel: 'webhook', profileId: id });
    const { page } = JSON.parse(sent?.body ?? '{}') as { page: string };
    expect(await pageOf(page)).toMatch(/其他渠道.*name="webhook:offers"/s);

    await putSettings();
    expect(await pageOf(page)).not.toContain('其他渠道');
    await open();
    await cairn.call('POST', new URL(page).pathname);
    expect(await sendTo(id)).toMatchObject({ status: 'suppressed', reason: 'no-consent' });
  });

  it('has no addresses to suppress, and nobody who reports', async () => {
    const suppressed = { channel: 'webhook', address: 'ann' };
    expect((await cairn.as('admin', 'POST', '/v1/addresses', suppressed)).status).toBe(422);
    const message = await sendTo(await meet());
    const feedback = { messageId: message?.id, kind: 'delivered' };
    expect((await cairn.call('POST', '/_local/feedback', feedback)).status).toBe(422);
  });
});
