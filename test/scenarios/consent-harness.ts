import { afterAll, beforeAll } from 'vitest';
import { type Cairn, example } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

export let cairn: Cairn;

export let clientKey: string;

let people = 0;

const JOURNEYS = { mail: ['email'], text: ['sms'], note: ['push'], either: ['sms', 'email'] };

/** A new customer with consent to everything, stamped on the call as SDKs do. */
export async function meet(traits: object, more: object = {}): Promise<string> {
  people += 1;
  const id = `person-${people}`;
  await cairn.identify(id, { ...traits }, consenting(more));
  return id;
}

export const consenting = (more: object = {}) => ({
  context: { consent: { categoryPreferences: { push: true, sms: true, email: true } }, ...more },
});

export const newPhone = () => `+86138002${String(10_000 + people * 7)}`;

interface MessageView {
  id: string;
  status: string;
  reason?: string;
  channel?: string;
}

export const messages = async (profileId: string) =>
  (await cairn.ok<{ items: MessageView[] }>('viewer', 'GET', `/v1/messages?profileId=${profileId}`)).items;

/** Returns the status of a message that is sent to this customer now. */
export async function sendTo(profileId: string, journey: keyof typeof JOURNEYS): Promise<string> {
  await cairn.advance('1s');
  await cairn.track(profileId, `Start ${journey}`);
  const [newest] = await messages(profileId);
  return newest?.reason ?? newest?.status ?? 'none';
}

export async function says(from: string, text: string): Promise<void> {
  await cairn.local('POST', 'feedback', { channel: 'sms', from, text });
  await cairn.local('POST', 'settle');
}

export async function patch(id: string, traits: object): Promise<void> {
  await cairn.advance('1s');
  await cairn.ok('marketer', 'PATCH', `/v1/profiles/${id}`, { traits });
  await cairn.local('POST', 'settle');
}

type Profile = {
  addresses: { email?: { status: string }; sms?: { status: string }; push?: { value: string }[] };
  consent: Record<string, { granted?: boolean; source?: string }>;
};

export const profile = (id: string) => cairn.ok<Profile>('marketer', 'GET', `/v1/profiles/${id}`);

/** Starts a cloud with journeys on each channel. */
export function setUpConsent(): void {
  beforeAll(async () => {
    cairn = await acquireCairn();
    await cairn.ok('admin', 'PUT', '/v1/settings', {
      ...(await example('settings', 'preference-page')),
      floors: [],
      caps: [],
      brand: { name: 'Lin & Co', logoUrl: 'https://cdn.brand.example/logo.svg?a=1&b=2', color: '#ffd400' },
      validFor: { journey: '2h', transactional: '1h' },
    });
    await cairn.ok('marketer', 'PUT', '/v1/templates/news', {
      class: 'marketing',
      topic: 'offers',
      content: {
        sms: { text: 'News' },
        email: { subject: 'News', html: '<a href="https://shop.example/商品?q=&#39;x&#39;">see</a>' },
        push: { title: 'News', body: 'of today' },
      },
    });
    await cairn.ok('marketer', 'PUT', '/v1/templates/page', {
      class: 'marketing',
      topic: 'offers',
      content: { sms: { text: 'Choose: {{ unsubscribeUrl }} .' } },
    });
    await cairn.ok('marketer', 'PUT', '/v1/journeys/page', {
      name: 'page',
      entry: { event: 'Start page' },
      reentry: 'always',
      start: 'notify',
      nodes: { notify: { type: 'send', template: 'page', channels: ['sms'], next: 'done' }, done: { type: 'end' } },
    });
    await cairn.publish('page');
    for (const [id, channels] of Object.entries(JOURNEYS)) {
      await cairn.ok('marketer', 'PUT', `/v1/journeys/${id}`, {
        name: id,
        entry: { event: `Start ${id}` },
        reentry: 'always',
        start: 'notify',
        nodes: { notify: { type: 'send', template: 'news', channels, next: 'done' }, done: { type: 'end' } },
      });
      await cairn.publish(id);
    }
    const { key } = await cairn.ok<{ key: string }>('admin', 'POST', '/v1/keys', { kind: 'client', name: 'web' });
    clientKey = key;
  });
  afterAll(() => releaseCairn(cairn));
}
