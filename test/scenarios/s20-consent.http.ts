import { beforeAll, describe, expect, it } from 'vitest';
import { cairn, meet, messages, newPhone, says, sendTo, setUpConsent } from './consent-harness.ts';

setUpConsent();

interface Customer {
  id: string;
  phone: string;
  /** The page behind an SMS that they have got. */
  url: string;
}

async function customer(): Promise<Customer> {
  const phone = newPhone();
  const id = await meet({ phone, email: `${phone.slice(1)}@s20.example` });
  await cairn.track(id, 'Start page');
  const [sms] = await cairn.outbox({ profileId: id, channel: 'sms' });
  // What comes next is newer.
  await cairn.advance('1s');
  return { id, phone, url: /http\S+/.exec(sms?.body ?? sms?.text ?? '')?.[0] ?? '' };
}

const post = (url: string, body: Record<string, string>) =>
  fetch(url, { method: 'POST', body: new URLSearchParams(body) });

/** All ways in which somebody says no to SMS, or to offers by SMS. */
const WAYS: Record<string, (customer: Customer) => Promise<unknown>> = {
  'one click': ({ url }) => post(url, { 'List-Unsubscribe': 'One-Click' }),
  'the button for everything': ({ url }) => post(url, { all: '1' }),
  'the page, the channel': ({ url }) => post(url, { preferences: '2', was: 'sms=yes', sms: 'no' }),
  'the page, the topic': ({ url }) => post(url, { preferences: '2', was: 'sms:offers=', 'sms:offers': 'no' }),
  'STOP, as people type it': ({ phone }) => says(phone, ' 退 订！🙏 '),
  'the API': ({ id }) => cairn.ok('marketer', 'POST', `/v1/profiles/${id}/consents`, { key: 'sms', granted: false }),
  'the shop’s own banner': ({ id }) =>
    cairn.track(id, 'Seen', {}, { context: { consent: { categoryPreferences: { sms: false } } } }),
};

/** Hours in Shanghai that begin with the next full one. */
async function nextHour(): Promise<[string, string]> {
  const hour = (new Date(await cairn.now()).getUTCHours() + 9) % 24;
  return [`${String(hour).padStart(2, '0')}:00`, hour < 12 ? '12:00' : '24:00'];
}

/** Where a message may be when its customer says no: how it gets there, and how it would leave. */
const PLACES: Record<string, { bring(id: string): Promise<unknown>; free(): Promise<unknown> }> = {
  'waits on its queue': {
    async bring(id) {
      await cairn.local('POST', 'faults', { provider: 'sms', mode: 'throttle', times: 1_000 });
      await cairn.track(id, 'Start text');
    },
    free: () => cairn.local('POST', 'faults', { provider: 'sms', mode: 'throttle', times: 0 }),
  },
  'is held': {
    async bring(id) {
      await cairn.ok('marketer', 'POST', '/v1/channels/sms/pause', { reason: 'storm' });
      await cairn.track(id, 'Start text');
    },
    free: () => cairn.ok('approver', 'POST', '/v1/channels/sms/resume'),
  },
  'waits for its hours': {
    async bring(id) {
      await cairn.ok('marketer', 'PUT', '/v1/journeys/timed', {
        name: `timed for ${id}`,
        entry: { event: 'Start timed' },
        window: { hours: [await nextHour()] },
        start: 'notify',
        nodes: { notify: { type: 'send', template: 'news', channels: ['sms'], next: 'done' }, done: { type: 'end' } },
      });
      await cairn.publish('timed');
      await cairn.track(id, 'Start timed');
      expect((await messages(id))[0]).toMatchObject({ status: 'deferred' });
    },
    free: async () => {},
  },
  'is at a later node of a journey': {
    bring: (id) => cairn.track(id, 'Start later'),
    free: async () => {},
  },
};

describe('S20, a no holds at once, where the message', () => {
  beforeAll(async () => {
    await cairn.ok('marketer', 'PUT', '/v1/journeys/later', {
      name: 'later',
      entry: { event: 'Start later' },
      start: 'rest',
      nodes: {
        rest: { type: 'wait', for: '30m', next: 'notify' },
        notify: { type: 'send', template: 'news', channels: ['sms'], next: 'done' },
        done: { type: 'end' },
      },
    });
    await cairn.publish('later');
  });

  describe.each(Object.entries(PLACES))('%s,', (_, { bring, free }) => {
    it.each(Object.entries(WAYS))('by %s', async (__, sayNo) => {
      const one = await customer();
      const other = await customer();
      try {
        await bring(one.id);
        await bring(other.id);
        await cairn.advance('1s');
        await sayNo(one);
        await cairn.local('POST', 'settle');
      } finally {
        await free();
      }
      await cairn.advance('1h');
      expect((await messages(one.id))[0]).toMatchObject({ status: 'suppressed', reason: 'no-consent', channel: 'sms' });
      expect(await cairn.outbox({ profileId: one.id, channel: 'sms' })).toHaveLength(1);
      // It was about to leave: the other's has.
      expect(await cairn.outbox({ profileId: other.id, channel: 'sms' })).toHaveLength(2);
      // In every journey.
      expect(await sendTo(one.id, 'text')).toBe('no-consent');
    });
  });

  it('goes by the next channel instead, and what is no marketing comes as before', async () => {
    await cairn.ok('marketer', 'PUT', '/v1/templates/code', {
      class: 'transactional',
      content: { sms: { text: 'Code' } },
    });
    const { id, phone } = await customer();
    await cairn.ok('marketer', 'POST', '/v1/channels/sms/pause', { reason: 'storm' });
    await cairn.track(id, 'Start either');
    await says(phone, 'ＳＴＯＰ');
    await cairn.ok('approver', 'POST', '/v1/channels/sms/resume');
    await cairn.advance('10m');
    expect((await messages(id))[0]).toMatchObject({ status: 'sent', channel: 'email' });
    await cairn.advance('1s');
    await cairn.ok('marketer', 'POST', '/v1/messages', { profileId: id, template: 'code' });
    await cairn.local('POST', 'settle');
    expect((await messages(id))[0]).toMatchObject({ status: 'sent', channel: 'sms' });
    await cairn.advance('1s');
    await says(phone, 'ＳＴＡＲＴ！');
    expect(await sendTo(id, 'text')).toBe('sent');
  });

  it('and nobody gets marketing who has said nothing, nor by a yes to another channel', async () => {
    const phone = newPhone();
    await cairn.identify('silent', { phone, email: 'silent@s20.example' });
    expect(await sendTo('silent', 'text')).toBe('no-consent');
    await cairn.identify(
      'half',
      { phone: newPhone() },
      { context: { consent: { categoryPreferences: { email: true } } } },
    );
    expect(await sendTo('half', 'text')).toBe('no-consent');
  });
});
