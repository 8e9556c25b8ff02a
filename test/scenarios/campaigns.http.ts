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
  reason?: string;
  audience: Record<'matched' | 'duplicates' | 'excluded' | 'holdout' | 'recipients', number>;
  messages: Record<'waiting' | 'deferred' | 'held' | 'sent' | 'unknown', number> &
    Record<'suppressed' | 'failed', Record<string, number>>;
  variants?: { name: string; recipients: number; sent: number }[];
  pilot?: { size: number; sent: number };
}

beforeEach(async () => {
  await cairn.reset();
  await cairn.ok('admin', 'PUT', '/v1/settings', { approval: { required: false }, floors: [] });
  for (const [id, text] of [
    ['wake', 'We miss you'],
    ['gift', 'A gift'],
  ])
    await cairn.ok('marketer', 'PUT', `/v1/templates/${id}`, {
      class: 'marketing',
      topic: 'offers',
      content: { sms: { text: `${text}, {{ profile.traits.name | default: "you" }}` } },
    });
});

async function meet(count: number, traits: (index: number) => object = () => ({})): Promise<void> {
  for (let index = 0; index < count; index += 1)
    await cairn.identify(
      `c${index}`,
      { phone: `+86138001${String(index).padStart(5, '0')}`, ...traits(index) },
      { context: { consent: { categoryPreferences: { sms: true } } } },
    );
  await cairn.local('POST', 'settle');
}

const DEFINITION = {
  name: 'Wake-up',
  audience: { trait: 'city', eq: 'Shanghai' },
  template: 'wake',
  channels: ['sms'],
  at: 'now',
};
async function publish(more: object = {}, id = 'spring'): Promise<void> {
  await cairn.ok('marketer', 'PUT', `/v1/campaigns/${id}`, { ...DEFINITION, ...more });
  await cairn.ok('marketer', 'POST', `/v1/campaigns/${id}/submit`);
  await cairn.ok('marketer', 'POST', `/v1/campaigns/${id}/publish`);
  await cairn.local('POST', 'settle');
}
const occurrences = async (id = 'spring') =>
  (await cairn.ok<{ items: Occurrence[] }>('viewer', 'GET', `/v1/campaigns/${id}/occurrences`)).items;
const only = async (): Promise<Occurrence> => {
  const [one, ...others] = await occurrences();
  if (one === undefined || others.length > 0) throw new Error('there is not one occurrence');
  adds(one);
  return one;
};
/** The two equations that hold at every instant. */
function adds({ audience, messages }: Occurrence): void {
  const { matched, duplicates, excluded, holdout, recipients } = audience;
  expect(duplicates + excluded + holdout + recipients).toBe(matched);
  const { suppressed, failed, ...counts } = messages;
  const all = [...Object.values(counts), ...Object.values(suppressed), ...Object.values(failed)];
  expect(all.reduce((sum, count) => sum + count, 0)).toBe(recipients);
}

describe('a campaign', () => {
  it('reaches its audience once, and counts whom it left out and why', async () => {
    await meet(10, (index) => ({ city: index < 8 ? 'Shanghai' : 'Beijing' }));
    await cairn.ok('marketer', 'POST', '/v1/profiles/c0/consents', { key: 'sms', granted: false });
    await publish({ exclude: { trait: 'phone', eq: '+8613800100001' } });
    await cairn.advance('1m');
    expect((await cairn.outbox({ channel: 'sms' })).map(({ profileId }) => profileId).length).toBe(6);
    expect(await only()).toMatchObject({
      status: 'done',
      audience: { matched: 8, duplicates: 0, excluded: 1, holdout: 0, recipients: 7 },
      messages: { sent: 6, suppressed: { 'no-consent': 1 }, waiting: 0 },
    });
    expect(await cairn.ok('viewer', 'GET', '/v1/campaigns/spring')).toMatchObject({ status: 'done', version: 1 });
  });
});
