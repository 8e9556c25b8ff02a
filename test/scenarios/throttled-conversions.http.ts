import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
  await cairn.reset();
});
afterAll(() => releaseCairn(cairn));

it.each(['throttle', 'error'])(
  'what comes before a message that waits after a %s is no conversion of it',
  async (mode) => {
    await cairn.reset();
    await cairn.ok('admin', 'PUT', '/v1/settings', { approval: { required: false }, floors: [], guardrails: [] });
    await cairn.ok('marketer', 'PUT', '/v1/templates/news', { class: 'marketing', content: { sms: { text: 'News' } } });
    await cairn.ok('marketer', 'PUT', '/v1/campaigns/spring', {
      name: 'Spring',
      audience: { trait: 'phone', exists: true },
      template: 'news',
      channels: ['sms'],
      at: 'now',
      goal: { event: 'Order Completed', within: '7d' },
    });
    for (const [index, userId] of ['early', 'late'].entries())
      await cairn.identify(
        userId,
        { phone: `+861380030000${index}` },
        { context: { consent: { categoryPreferences: { sms: true } } } },
      );
    await cairn.local('POST', 'faults', { provider: 'sms', mode, times: 4 });
    await cairn.ok('marketer', 'POST', '/v1/campaigns/spring/submit');
    await cairn.ok('marketer', 'POST', '/v1/campaigns/spring/publish');
    await cairn.local('POST', 'settle');
    expect(await cairn.outbox({ channel: 'sms' })).toEqual([]);
    await cairn.track('early', 'Order Completed', { order_id: '1', total: 100 });
    await cairn.advance('1h');
    const [first] = await cairn.outbox({ channel: 'sms' });
    expect(await cairn.outbox({ channel: 'sms' })).toHaveLength(2);
    await cairn.track('late', 'Order Completed', { order_id: '2', total: 10 });
    const { totals, rows } = await cairn.ok<{ totals: object; rows: { key: object; converted: number }[] }>(
      'viewer',
      'GET',
      '/v1/reports/campaign/spring?by=hour',
    );
    expect(totals).toMatchObject({ sent: 2, converted: 1, revenue: 10 });
    // At the hour (of Shanghai) at which it left.
    const hour = (Number(first?.at.slice(11, 13)) + 8) % 24;
    expect(rows.filter(({ converted }) => converted > 0)).toMatchObject([{ key: { hour }, converted: 1 }]);
    // What stands in the caps is what was sent, once.
    expect(
      (await cairn.ok<{ caps: object[] }>('marketer', 'GET', '/v1/profiles/late/sendability?template=news')).caps,
    ).toMatchObject([{ used: 1 }]);
  },
);
