import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));

const phone = (index: number) => `+86138001${String(index).padStart(5, '0')}`;
const CONSENT = { context: { consent: { categoryPreferences: { sms: true } } } };

interface Recipient {
  profileId: string;
  group: string;
  variant?: string;
  message?: string;
  status: string;
  reason?: string;
  at: string;
}
interface Page {
  items: Recipient[];
  next?: string;
}

let base: string;
/** 20 customers: c0 is excluded, c1 has the number of c2, c3 wants no SMS. */
async function send(more: object = {}): Promise<void> {
  await cairn.reset();
  await cairn.ok('admin', 'PUT', '/v1/settings', { approval: { required: false }, floors: [] });
  await cairn.ok('marketer', 'PUT', '/v1/templates/wake', {
    class: 'marketing',
    content: { sms: { text: 'We miss you' } },
  });
  for (let index = 0; index < 20; index += 1)
    await cairn.identify(index === 19 ? phone(19) : `c${index}`, { phone: phone(index === 1 ? 2 : index) }, CONSENT);
  await cairn.ok('marketer', 'POST', '/v1/profiles/c3/consents', { key: 'sms', granted: false });
  await cairn.ok('marketer', 'PUT', '/v1/campaigns/spring', {
    name: 'Spring',
    audience: { trait: 'phone', exists: true },
    exclude: { trait: 'phone', eq: phone(0) },
    template: 'wake',
    channels: ['sms'],
    at: 'now',
    holdout: 20,
    variants: [{ name: 'money' }, { name: 'gift' }],
    ...more,
  });
  await cairn.ok('marketer', 'POST', '/v1/campaigns/spring/submit');
  await cairn.ok('marketer', 'POST', '/v1/campaigns/spring/publish');
  await cairn.advance('1m');
  const { items } = await cairn.ok<{ items: { occurrence: string }[] }>(
    'viewer',
    'GET',
    '/v1/campaigns/spring/occurrences',
  );
  base = `/v1/campaigns/spring/occurrences/${items[0]?.occurrence}`;
}

async function all(query = '', role = 'marketer'): Promise<Recipient[]> {
  const items: Recipient[] = [];
  for (let next: string | undefined, pages = 0; pages < 50; pages += 1) {
    const page: Page = await cairn.ok(
      role,
      'GET',
      `${base}/recipients?limit=4${query}${next ? `&cursor=${next}` : ''}`,
    );
    items.push(...page.items);
    next = page.next;
    if (next === undefined) return items;
  }
  throw new Error('the list has no end');
}

describe('the people of an occurrence', () => {
  beforeEach(() => send());

  it('are each in one group, with what has become of the message', async () => {
    const people = await all();
    const { audience, variants, comparedBy } = await cairn.ok<{
      audience: Record<string, number>;
      variants: { chanceToBeBest: number; interval?: number[]; verdict?: string }[];
      comparedBy: string;
    }>('viewer', 'GET', base);
    expect(comparedBy).toBe('converted');
    expect(variants.reduce((sum, { chanceToBeBest }) => sum + chanceToBeBest, 0)).toBeCloseTo(1, 3);
    expect(variants[1]).toMatchObject({ verdict: 'not yet clear', interval: [expect.any(Number), expect.any(Number)] });
    expect(new Set(people.map(({ profileId }) => profileId)).size).toBe(20);
    const sizes = Object.groupBy(people, ({ group }) => group);
    expect(audience).toEqual({
      matched: people.length,
      duplicates: sizes.duplicate?.length,
      excluded: sizes.excluded?.length,
      holdout: sizes.holdout?.length ?? 0,
      recipients: sizes.recipient?.length,
    });
    expect(people.find(({ profileId }) => profileId === 'c0')).toMatchObject({ group: 'excluded', status: 'none' });
    expect(people.find(({ group }) => group === 'duplicate')?.profileId).toMatch(/^c[12]$/);
    const sent = await cairn.outbox({ channel: 'sms' });
    expect(people.flatMap(({ status, message }) => (status === 'sent' ? [message] : [])).sort()).toEqual(
      sent.map(({ messageId }) => messageId).sort(),
    );
    // Where c3 is in the control group, nobody is refused.
    expect(['holdout', 'no-consent']).toContain(
      people.flatMap(({ profileId, group, reason }) => (profileId === 'c3' ? (reason ?? group) : []))[0],
    );
    for (const one of people.filter(({ status }) => status === 'sent'))
      expect(await cairn.ok('viewer', 'GET', `/v1/messages/${one.message}`)).toMatchObject({
        status: 'sent',
        source: { variant: one.variant },
      });
  });

  it('are found by group, status and variant', async () => {
    const people = await all();
    const count = (asked: Partial<Recipient>) =>
      people.filter((one) => Object.entries(asked).every(([name, value]) => one[name as keyof Recipient] === value))
        .length;
    expect(await all('&group=holdout')).toHaveLength(count({ group: 'holdout' }));
    expect(await all('&status=sent')).toHaveLength(count({ status: 'sent' }));
    expect(await all('&variant=gift&group=recipient')).toHaveLength(count({ variant: 'gift', group: 'recipient' }));
    expect((await cairn.as('viewer', 'GET', `${base}/recipients?group=all`)).status).toBe(422);
    const { next } = await cairn.ok<Page>('marketer', 'GET', `${base}/recipients?limit=4`);
    const other = await cairn.as('marketer', 'GET', `${base}/recipients?limit=4&group=holdout&cursor=${next}`);
    expect(other).toMatchObject({ status: 422, body: { errors: [{ path: '/query/cursor' }] } });
  });

  it('come as CSV too, and viewers see no number', async () => {
    const people = await all();
    const { body, headers } = await cairn.as<string>('marketer', 'GET', `${base}/recipients/export?group=recipient`);
    expect(headers.get('content-type')).toContain('text/csv');
    const [head, ...lines] = String(body).trim().split('\r\n');
    expect(head).toBe('profileId,group,variant,message,status,reason,at');
    const recipients = people.filter(({ group }) => group === 'recipient');
    expect(lines.map((line) => line.split(',')[3])).toEqual(recipients.map(({ message = '' }) => message));
    const everybody = await cairn.as<string>('viewer', 'GET', `${base}/recipients/export`);
    expect(String(everybody.body)).not.toContain(phone(19));
    expect(JSON.stringify(await all('', 'viewer'))).not.toContain(phone(19).slice(1));
    expect(JSON.stringify(people)).toContain(phone(19));
  });
});

describe('those who are left', () => {
  it('wait for the second part, and are cancelled with it', async () => {
    await send({ variants: undefined, holdout: undefined, pilot: 5 });
    const waiting = await all('&status=waiting');
    expect(waiting).toHaveLength(18 - 5);
    expect(waiting[0]).not.toHaveProperty('message');
    await cairn.ok('marketer', 'POST', '/v1/campaigns/spring/cancel', {
      occurrence: base.split('/').at(-1),
    });
    expect(await all('&status=waiting')).toEqual([]);
    expect((await all('&status=suppressed')).filter(({ reason }) => reason === 'cancelled')).toHaveLength(18 - 5);
  });
});
