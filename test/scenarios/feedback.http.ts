import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;
const LINK = 'https://example.com/offer?x=1&y=2';

const sendBy = (channels: string[]) => ({
  notify: { type: 'send', template: 'news', channels, next: 'done' },
  done: { type: 'end' },
});

async function journey(id: string, nodes: object): Promise<void> {
  await cairn.ok('marketer', 'PUT', `/v1/journeys/${id}`, {
    name: id,
    owner: 'growth',
    entry: { event: `Start ${id}` },
    reentry: 'always',
    start: 'notify',
    nodes,
  });
  await cairn.publish(id);
}

beforeAll(async () => {
  cairn = await acquireCairn();
  await cairn.ok('admin', 'PUT', '/v1/settings', { caps: [] });
  await cairn.ok('marketer', 'PUT', '/v1/templates/news', {
    class: 'marketing',
    content: {
      sms: { text: `News: ${LINK}` },
      email: {
        subject: 'News for {{ profile.name }}',
        html: `<p>Hi {{ profile.name }}</p><a href="${LINK.replace('&', '&amp;')}">see</a><a href="{{ unsubscribeUrl }}">stop</a>`,
      },
      push: { title: 'News', body: 'for {{ profile.name }}' },
    },
  });
  await journey('mail', sendBy(['email']));
  await journey('text', sendBy(['sms']));
  await journey('note', sendBy(['push']));
  await journey('either', sendBy(['sms', 'email']));
});
afterAll(() => releaseCairn(cairn));

/** The customer of a test; no other customer has the number. */
let ann: string;
let phone: string;
let customers = 0;

const meet = (userId: string, number: string) =>
  cairn.identify(
    userId,
    { name: 'Lin & Co', phone: number, email: `${userId}@example.com` },
    {
      context: {
        consent: { categoryPreferences: { push: true, sms: true, email: true } },
        device: { type: 'ios', token: `device-of-${userId}` },
      },
    },
  );

beforeEach(async () => {
  customers += 1;
  ann = `ann-${customers}`;
  phone = `+86138001380${String(customers).padStart(2, '0')}`;
  await meet(ann, phone);
});

interface MessageView {
  id: string;
  status: string;
  reason?: string;
  channel?: string;
  history: { status: string }[];
}
async function messages(profileId = ann): Promise<MessageView[]> {
  return (await cairn.ok<{ items: MessageView[] }>('viewer', 'GET', `/v1/messages?profileId=${profileId}`)).items;
}
const outbox = (filter: Record<string, string> = {}) => cairn.outbox({ profileId: ann, ...filter });
async function report(kind: string, more: object = {}): Promise<void> {
  const [message] = await messages();
  await cairn.local('POST', 'feedback', { messageId: message?.id, kind, ...more });
  await cairn.local('POST', 'settle');
}

describe('feedback of providers', () => {
  it('moves an e-mail from sent to delivered, opened and clicked', async () => {
    await cairn.track(ann, 'Start mail');
    for (const kind of ['delivered', 'opened', 'clicked']) {
      await report(kind);
      expect((await messages()).map((message) => message.status)).toEqual([kind]);
    }
  });

  it('does not take a machine that opens for a person', async () => {
    await cairn.track(ann, 'Start mail');
    await report('opened', { machine: true });
    expect((await messages()).map((message) => message.status)).toEqual(['sent']);
  });

  it('marks an address that bounced, and a complaint suppresses it', async () => {
    await cairn.track(ann, 'Start mail');
    await report('bounced');
    const profile = await cairn.ok<{ addresses: { email: object } }>('marketer', 'GET', `/v1/profiles/${ann}`);
    expect(profile.addresses.email).toEqual({ value: `${ann}@example.com`, status: 'bad' });
    await cairn.advance('1s');
    await cairn.track(ann, 'Start mail');
    expect((await messages())[0]).toMatchObject({ status: 'suppressed', reason: 'bad-address' });
  });

  it('counts a followed link of an SMS and leads on to its address', async () => {
    await cairn.track(ann, 'Start text');
    const [sent] = await outbox({ channel: 'sms' });
    const counted = /http\S+/.exec(sent?.body ?? '')?.[0] ?? '';
    expect(counted).not.toContain('example.com/offer');
    const followed = await fetch(counted, { redirect: 'manual', headers: { 'user-agent': 'Mozilla/5.0 Chrome' } });
    expect([followed.status, followed.headers.get('location')]).toEqual([302, LINK]);
    await cairn.local('POST', 'settle');
    expect((await messages()).map((message) => message.status)).toEqual(['clicked']);
  });

  it('wakes a run that waits for the click', async () => {
    const nodes = {
      notify: { type: 'send', template: 'news', channels: ['push'], next: 'react' },
      react: {
        type: 'wait-for',
        timeout: '2d',
        for: [{ message: 'notify', was: 'clicked', next: 'yes' }],
        onTimeout: 'no',
      },
      yes: { type: 'end', outcome: 'clicked' },
      no: { type: 'end', outcome: 'silent' },
    };
    await journey('ask', nodes);
    await cairn.track(ann, 'Start ask');
    await cairn.advance('1h');
    await report('clicked');
    const { items } = await cairn.ok<{ items: object[] }>('viewer', 'GET', `/v1/journeys/ask/runs?profileId=${ann}`);
    expect(items).toMatchObject([{ status: 'closed', outcome: 'clicked' }]);
  });
});

describe('S20, whoever says no', () => {
  it('gets no SMS after STOP, on every profile that has the number', async () => {
    const bob = `bob-like-${ann}`;
    await meet(bob, phone.replace(/^\+86(...)(....)/, '$1 $2 '));
    await cairn.track(ann, 'Start text');
    await cairn.local('POST', 'feedback', { channel: 'sms', from: phone, text: ' td ' });
    await cairn.local('POST', 'settle');
    expect((await messages()).map(({ history }) => history.map((entry) => entry.status))).toEqual([
      ['sending', 'sent', 'unsubscribed'],
    ]);
    await cairn.track(ann, 'Start text');
    await cairn.track(bob, 'Start text');
    expect(await outbox({ channel: 'sms' })).toHaveLength(1);
    expect(await outbox({ profileId: bob })).toEqual([]);
    expect((await messages(bob))[0]).toMatchObject({ status: 'suppressed', reason: 'no-consent' });
  });

  it('is asked by both one-click headers and heard at once; looking at the page changes nothing', async () => {
    await cairn.track(ann, 'Start mail');
    const [sent] = await outbox({ channel: 'email' });
    expect(sent?.headers?.['List-Unsubscribe-Post']).toBe('List-Unsubscribe=One-Click');
    expect(sent?.html).toContain('Lin &amp; Co');
    const url = /<(.+)>/.exec(sent?.headers?.['List-Unsubscribe'] ?? '')?.[1] ?? '';
    expect((await fetch(url)).status).toBe(200);
    await cairn.track(ann, 'Start mail');
    expect(await outbox({ channel: 'email' })).toHaveLength(2);
    await report('unsubscribed');
    await cairn.track(ann, 'Start mail');
    expect(await outbox({ channel: 'email' })).toHaveLength(2);
    const profile = await cairn.ok<{ consent: Record<string, object> }>('viewer', 'GET', `/v1/profiles/${ann}`);
    expect(profile.consent.email).toMatchObject({ granted: false, source: 'one-click' });
  });

  it('is not sent marketing without consent', async () => {
    await cairn.identify('eve', { phone: '+8613900139000' });
    await cairn.track('eve', 'Start text');
    expect(await outbox({ profileId: 'eve' })).toEqual([]);
    expect((await messages('eve'))[0]).toMatchObject({ status: 'suppressed', reason: 'no-consent' });
  });
});

describe('S18, a provider that fails', () => {
  const fault = (provider: string, mode: string, times: number) =>
    cairn.local('POST', 'faults', { provider, mode, times });
  afterEach(() => cairn.local('POST', 'faults', { provider: 'sms', times: 0 }));

  it('is asked again until it answers, and the message is sent once', async () => {
    await fault('sms', 'error', 3);
    await cairn.track(ann, 'Start text');
    await cairn.advance('15m');
    expect(await outbox()).toHaveLength(1);
    expect((await messages()).map((message) => message.status)).toEqual(['sent']);
  });

  it('gives way to the next channel after a quarter of an hour', async () => {
    await fault('sms', 'error', 1_000);
    await cairn.track(ann, 'Start either');
    await cairn.advance('14m');
    expect(await outbox()).toEqual([]);
    await cairn.advance('30m');
    expect((await outbox()).map((sent) => sent.channel)).toEqual(['email']);
  });

  it('that finds a number wrong: it is marked, corrected, and the message sent again by hand', async () => {
    const correct = async (number: string) => {
      await cairn.advance('1s');
      await cairn.ok('marketer', 'PATCH', `/v1/profiles/${ann}`, { traits: { phone: number } });
      await cairn.local('POST', 'settle');
    };
    const resend = async () => {
      const [message] = await messages();
      const { status } = await cairn.as('marketer', 'POST', `/v1/messages/${message?.id}/resend`);
      await cairn.local('POST', 'settle');
      return status;
    };
    await fault('sms', 'permanent', 1);
    await cairn.track(ann, 'Start text');
    expect((await messages())[0]).toMatchObject({ status: 'failed', reason: 'provider-permanent' });
    expect(await resend()).toBe(202);
    expect((await messages())[0]).toMatchObject({ status: 'suppressed', reason: 'bad-address', channel: 'sms' });
    await correct('+8613900139001');
    expect(await resend()).toBe(202);
    expect((await messages())[0]).toMatchObject({ status: 'sent' });
    expect(await resend()).toBe(409);
    await report('bounced');
    expect((await messages())[0]).toMatchObject({ status: 'bounced' });
    await correct('+8613900139002');
    expect(await resend()).toBe(202);
    expect((await messages())[0]).toMatchObject({ status: 'sent' });
    expect((await outbox()).map(({ to }) => to)).toEqual(['+8613900139001', '+8613900139002']);
    await report('delivered');
    const [{ status, history } = { status: '', history: [] }] = await messages();
    expect(status).toBe('delivered');
    expect(history.map((entry) => entry.status)).not.toContain('released');
    expect(await resend()).toBe(409);
  });

  it.each(['email', 'push'])('marks an address of %s that it refuses for good', async (provider) => {
    await fault(provider, 'permanent', 1);
    await cairn.track(ann, provider === 'email' ? 'Start mail' : 'Start note');
    expect((await messages())[0]).toMatchObject({ status: 'failed', reason: 'provider-permanent' });
    const { addresses } = await cairn.ok<{ addresses: Record<string, object> }>(
      'marketer',
      'GET',
      `/v1/profiles/${ann}`,
    );
    expect([addresses[provider]].flat()).toMatchObject([{ status: 'bad' }]);
  });

  it('marks a number that it refuses for good, and the next channel is taken', async () => {
    await fault('sms', 'permanent', 1);
    await cairn.track(ann, 'Start either');
    expect((await outbox()).map((sent) => sent.channel)).toEqual(['email']);
    const profile = await cairn.ok<{ addresses: { sms: object } }>('marketer', 'GET', `/v1/profiles/${ann}`);
    expect(profile.addresses.sms).toMatchObject({ status: 'bad' });
  });
});

describe('a pause', () => {
  it('of a channel holds messages, and its end lets them go', async () => {
    await cairn.ok('marketer', 'POST', '/v1/channels/sms/pause', { reason: 'storm' });
    await cairn.track(ann, 'Start text');
    expect(await outbox()).toEqual([]);
    const [held] = await messages();
    expect(held).toMatchObject({ status: 'held', reason: 'paused' });
    // A provider reports nothing about a message that it never got.
    const feedback = { messageId: held?.id, kind: 'delivered' };
    expect((await cairn.call('POST', '/_local/feedback', feedback)).status).toBe(422);
    await cairn.ok('approver', 'POST', '/v1/channels/sms/resume');
    await cairn.local('POST', 'settle');
    expect(await outbox()).toHaveLength(1);
  });

  it('of everything that becomes one of marketing lets transactional messages go', async () => {
    await cairn.ok('marketer', 'PUT', '/v1/templates/code', {
      class: 'transactional',
      content: { sms: { text: '42' } },
    });
    await cairn.ok('marketer', 'POST', '/v1/channels/sms/pause', { all: true });
    await cairn.track(ann, 'Start text');
    await cairn.ok('marketer', 'POST', '/v1/messages', { profileId: ann, template: 'code' });
    await cairn.local('POST', 'settle');
    expect((await messages()).map(({ status }) => status)).toEqual(['held', 'held']);
    await cairn.ok('marketer', 'POST', '/v1/channels/sms/pause', {});
    await cairn.local('POST', 'settle');
    expect((await outbox()).map(({ template }) => template)).toEqual(['code']);
    await cairn.ok('approver', 'POST', '/v1/channels/sms/resume');
    await cairn.local('POST', 'settle');
    expect(await outbox()).toHaveLength(2);
  });

  it('of a journey parks its runs before any action, and they go on when it ends', async () => {
    const nodes = {
      notify: { type: 'wait', for: '1h', next: 'say' },
      say: { type: 'send', template: 'news', channels: ['push'], next: 'done' },
      done: { type: 'end' },
    };
    await journey('slow', nodes);
    await cairn.track(ann, 'Start slow');
    await cairn.ok('marketer', 'POST', '/v1/journeys/slow/pause', {});
    await cairn.advance('3h');
    expect(await outbox()).toEqual([]);
    const paused = await cairn.ok<{ items: object[] }>('viewer', 'GET', `/v1/journeys/slow/runs?profileId=${ann}`);
    expect(paused.items).toMatchObject([{ status: 'parked' }]);
    await cairn.ok('marketer', 'POST', '/v1/journeys/slow/resume', {});
    await cairn.local('POST', 'settle');
    expect(await outbox()).toHaveLength(1);
  });
});
