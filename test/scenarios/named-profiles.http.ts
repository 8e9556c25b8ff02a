import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));

interface Occurrence {
  occurrence: string;
  status: string;
  audience: Record<'matched' | 'duplicates' | 'excluded' | 'holdout' | 'recipients', number>;
}

const CONSENT = { context: { consent: { categoryPreferences: { sms: true } } } };
const phone = (index: number) => `+86138001${String(index).padStart(5, '0')}`;

beforeEach(async () => {
  await cairn.reset();
  await cairn.ok('admin', 'PUT', '/v1/settings', { approval: { required: false }, floors: [] });
  await cairn.ok('marketer', 'PUT', '/v1/templates/wake', { class: 'marketing', content: { sms: { text: 'Hello' } } });
  for (let index = 0; index < 6; index += 1)
    await cairn.identify(`c${index}`, { phone: phone(index), city: 'Beijing', isStaff: index === 4 }, CONSENT);
  await cairn.ok('marketer', 'PUT', '/v1/campaigns/call', {
    name: 'Call',
    audience: { trait: 'city', eq: 'Shanghai' },
    exclude: { trait: 'isStaff', eq: true },
    template: 'wake',
    channels: ['sms'],
    at: 'trigger',
  });
  await cairn.ok('marketer', 'POST', '/v1/campaigns/call/submit');
  await cairn.ok('marketer', 'POST', '/v1/campaigns/call/publish');
});

const trigger = (profileIds: unknown, key = 'one') =>
  cairn.as<{ occurrence: string }>(
    'marketer',
    'POST',
    '/v1/campaigns/call/trigger',
    { audience: { profileIds } },
    { 'idempotency-key': key },
  );

const occurrences = async () =>
  (await cairn.ok<{ items: Occurrence[] }>('viewer', 'GET', '/v1/campaigns/call/occurrences')).items;

describe('a trigger that names profiles', () => {
  it('sends to them instead of the campaign’s audience, each once under any of its ids, and to nobody it excludes', async () => {
    await cairn.identify('c0', {}, { anonymousId: 'visitor' });
    await cairn.identify('twin', { phone: phone(1) }, CONSENT);
    await cairn.advance('1m');
    const named = ['c0', 'visitor', 'c0', 'c1', 'twin', 'c4', 'nobody'];
    const first = await trigger(named);
    expect(first.status).toBe(202);
    expect((await trigger(named)).body).toEqual(first.body);
    await cairn.advance('1m');
    const all = await occurrences();
    expect(all).toMatchObject([
      {
        occurrence: first.body.occurrence,
        status: 'done',
        audience: { matched: 4, duplicates: 1, excluded: 1, holdout: 0, recipients: 2 },
      },
    ]);
    expect((await cairn.outbox({ channel: 'sms' })).map(({ to }) => to).sort()).toEqual([phone(0), phone(1)]);
    const { items } = await cairn.ok<{ items: { profileId: string; group: string }[] }>(
      'marketer',
      'GET',
      `/v1/campaigns/call/occurrences/${first.body.occurrence}/recipients`,
    );
    expect(items.map(({ group }) => group).sort()).toEqual(['duplicate', 'excluded', 'recipient', 'recipient']);
    expect((await trigger(['c5'])).status).toBe(422);
  });

  it('may name nobody that there is', async () => {
    expect((await trigger(['nobody'])).status).toBe(202);
    await cairn.advance('1m');
    expect(await occurrences()).toMatchObject([{ status: 'done', audience: { matched: 0, recipients: 0 } }]);
  });

  it.each([
    ['/audience/profileIds/1', ['c0', 7]],
    ['/audience/profileIds/1', ['c0', '']],
    ['/audience/profileIds/0', ['x'.repeat(256)]],
    ['/audience/profileIds', []],
    ['/audience/profileIds', Array.from({ length: 1_001 }, (_, index) => `c${index}`)],
    ['/audience/profileIds', 'c0'],
  ])('is refused at %s', async (path, profileIds) => {
    const { status, body } = await trigger(profileIds);
    expect({ status, body }).toMatchObject({ status: 422, body: { errors: [{ path }] } });
    expect(await occurrences()).toEqual([]);
  });
});
