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
  channel: string;
  reason?: string;
}

const journey = (event: string, channels: string[]) => ({
  ...{ name: event, entry: { event }, reentry: 'always', start: 'notify' },
  nodes: { notify: { type: 'send', template: 'news', channels, next: 'done' }, done: { type: 'end' } },
});

beforeEach(async () => {
  await cairn.reset();
  await cairn.ok('admin', 'PUT', '/v1/settings', {
    ...(await example('settings', 'fatigue')),
    caps: [],
  });
  await cairn.ok('marketer', 'PUT', '/v1/templates/news', {
    class: 'marketing',
    topic: 'news',
    content: {
      email: { subject: 'News', html: '<a href="https://shop.example/news">see</a>' },
      sms: { text: 'News' },
    },
  });
  await cairn.ok('marketer', 'PUT', '/v1/templates/receipt', {
    class: 'transactional',
    content: { email: { subject: 'Receipt', text: 'Thank you' } },
  });
  for (const [id, channels] of Object.entries({ both: ['email', 'sms'], mail: ['email'] })) {
    await cairn.ok('marketer', 'PUT', `/v1/journeys/${id}`, journey(`Start ${id}`, channels));
    await cairn.publish(id);
  }
  await cairn.identify(
    'ann',
    { email: 'ann@example.com', phone: '+8613800138000' },
    { context: { consent: { categoryPreferences: { sms: true, email: true } } } },
  );
});

/** Sends the news an hour later: the message. */
async function send(id: 'both' | 'mail' = 'both'): Promise<View> {
  await cairn.advance('1h');
  await cairn.track('ann', `Start ${id}`);
  const { items } = await cairn.ok<{ items: View[] }>('viewer', 'GET', '/v1/messages?profileId=ann');
  return items[0] as View; // it was just sent
}
async function receive(kind: 'opened' | 'clicked', { id }: View, more: object = {}): Promise<void> {
  await cairn.advance('1m');
  await cairn.local('POST', 'feedback', { messageId: id, kind, ...more });
  await cairn.local('POST', 'settle');
}
async function sendOpened(times: number): Promise<View[]> {
  const messages: View[] = [];
  for (let n = 0; n < times; n += 1) {
    const message = await send();
    expect(message).toMatchObject({ status: 'sent', channel: 'email' });
    await receive('opened', message);
    messages.push(message);
  }
  return messages;
}
/** Keeps a tag by the condition, which the setting itself does not need. */
const tag = () => cairn.ok('marketer', 'PUT', '/v1/tags/tired', { name: 'Tired', if: { fatigued: 'email' } });
const tagged = async (): Promise<boolean> =>
  (await cairn.ok<{ tags: { id: string }[] }>('viewer', 'GET', '/v1/profiles/ann')).tags.some(
    ({ id }) => id === 'tired',
  );

describe('S11: whoever opens three emails and clicks in none', () => {
  it('gets the next by SMS, until 30 days after the newest opening', async () => {
    await tag();
    await sendOpened(3);
    expect(await tagged()).toBe(true);
    expect(await send()).toMatchObject({ status: 'sent', channel: 'sms' });
    expect(await cairn.ok('viewer', 'GET', '/v1/profiles/ann/sendability?template=news')).toMatchObject({
      now: true,
      channel: 'sms',
    });
    expect(await cairn.ok('viewer', 'GET', '/v1/profiles/ann/sendability?channel=email')).toMatchObject({
      now: false,
      reasons: [{ channel: 'email', reason: 'fatigued' }],
    });
    // The last message leaves an hour before the 30 days are over.
    await cairn.advance('29d');
    await cairn.advance('21h');
    expect(await send()).toMatchObject({ channel: 'sms' });
    await cairn.advance('59m');
    expect(await tagged()).toBe(true);
    await cairn.advance('1m');
    expect(await tagged()).toBe(false);
    expect(await send()).toMatchObject({ channel: 'email' });
  });

  it('gets no marketing where there is only email, and still what is transactional', async () => {
    await sendOpened(3);
    expect(await send('mail')).toMatchObject({ status: 'suppressed', channel: 'email', reason: 'fatigued' });
    const { id } = await cairn.ok<{ id: string }>('marketer', 'POST', '/v1/messages', {
      profileId: 'ann',
      template: 'receipt',
    });
    await cairn.local('POST', 'settle');
    expect(await cairn.ok('viewer', 'GET', `/v1/messages/${id}`)).toMatchObject({ status: 'sent', channel: 'email' });
  });

  it('gets emails on if one between them was not opened', async () => {
    await sendOpened(2);
    await send();
    await sendOpened(1);
    await sendOpened(1);
    expect(await send()).toMatchObject({ status: 'sent', channel: 'email' });
  });

  it('gets emails on with a click, also one that comes later', async () => {
    const [, second] = await sendOpened(3);
    expect(await send()).toMatchObject({ channel: 'sms' });
    await receive('clicked', second as View);
    expect(await send()).toMatchObject({ channel: 'email' });
  });

  it('is not taken for one by machines that open', async () => {
    await sendOpened(2);
    await receive('opened', await send(), { machine: true });
    expect(await send()).toMatchObject({ status: 'sent', channel: 'email' });
  });

  it('is known where the setting came later, from the emails since', async () => {
    await cairn.ok('admin', 'PUT', '/v1/settings', { caps: [] });
    await sendOpened(3);
    expect(await send()).toMatchObject({ channel: 'email' });
    const { fatigue } = { fatigue: [{ channel: 'email', opened: 1, for: '1d' }] };
    await cairn.ok('admin', 'PUT', '/v1/settings', { caps: [], fatigue });
    await cairn.local('POST', 'settle');
    await sendOpened(1);
    expect(await send()).toMatchObject({ channel: 'sms' });
  });
});
