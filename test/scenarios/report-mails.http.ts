import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { enter, installJourney } from './guardrails-harness.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

interface Problem {
  errors: { path: string; message: string }[];
}
interface Mail {
  to: string;
  subject: string;
  html: string;
  text: string;
  at: string;
}

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
  await cairn.ok('admin', 'PUT', '/v1/settings', { caps: [], approval: { required: false }, floors: [] });
  await installJourney(cairn, 'offer', { event: 'Offered', channel: 'sms', content: { text: 'An offer' } });
});
afterAll(() => releaseCairn(cairn));

const DAILY = { scope: 'journey:offer', every: 'day', time: '09:00', emails: ['ann@example.com', 'bob@example.com'] };
const put = (id: string, body: object, role = 'marketer') =>
  cairn.as<Problem & Record<string, unknown>>(role, 'PUT', `/v1/report-subscriptions/${id}`, body);
async function mails(): Promise<Mail[]> {
  const { items } = await cairn.local<{ items: (Mail & { channel: string })[] }>('GET', 'outbox?limit=200');
  return items.filter(({ channel }) => channel === 'email');
}

describe('a report subscription', { shuffle: false }, () => {
  it('is put, listed, and read, by viewers without the addresses', async () => {
    const first = await put('daily', DAILY);
    expect(first).toMatchObject({ status: 201, body: { id: 'daily', ...DAILY } });
    expect((await put('daily', { ...DAILY, name: 'Board' })).status).toBe(200);
    expect((await put('weekly', { scope: 'overview', every: 'week', emails: ['cai@example.com'] })).body).toMatchObject(
      {
        time: '09:00',
      },
    );
    const page = await cairn.ok<{ items: { id: string }[]; next: string }>(
      'marketer',
      'GET',
      '/v1/report-subscriptions?limit=1',
    );
    expect(page.items.map(({ id }) => id)).toEqual(['daily']);
    const rest = await cairn.ok<{ items: { id: string }[] }>(
      'marketer',
      'GET',
      `/v1/report-subscriptions?limit=1&cursor=${page.next}`,
    );
    expect(rest).toMatchObject({ items: [{ id: 'weekly' }] });
    expect(rest).not.toHaveProperty('next');
    const seen = await cairn.ok<{ emails: string[] }>('viewer', 'GET', '/v1/report-subscriptions/daily');
    expect(seen.emails).toEqual(['a***@example.com', 'b***@example.com']);
  });

  it('takes addresses without the blanks around them', async () => {
    const first = await put('blanks', {
      ...DAILY,
      emails: [' ann@example.com', 'bob@example.com\r\n', 'cai@example.com\u2028'],
    });
    expect(first.body.emails).toEqual(['ann@example.com', 'bob@example.com', 'cai@example.com']);
    await cairn.ok('marketer', 'DELETE', '/v1/report-subscriptions/blanks');
  });

  it.each<[string, object, string]>([
    ['a scope that is none', { ...DAILY, scope: 'tag:vip' }, '/scope'],
    ['a journey that is not there', { ...DAILY, scope: 'journey:nope' }, '/scope'],
    ['a channel that is none', { ...DAILY, scope: 'channel:fax' }, '/scope'],
    ['another period', { ...DAILY, every: 'hour' }, '/every'],
    ['no time of a day', { ...DAILY, time: '9' }, '/time'],
    ['no address', { ...DAILY, emails: [] }, '/emails'],
    ['what is no address', { ...DAILY, emails: ['ann@example.com', 'bob'] }, '/emails/1'],
    ['an address twice', { ...DAILY, emails: ['ann@example.com', 'Ann@example.com'] }, '/emails'],
    ['unknown fields', { ...DAILY, cc: [] }, '/cc'],
  ])('is refused for %s', async (_, body, path) => {
    const refused = await put('wrong', body);
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ path }] } });
  });

  it('brings each address the report of the day before, in figures that the API has, once', async () => {
    await enter(cairn, 'Offered', 0, 5);
    await cairn.advance('1m');
    const day = (await cairn.now()).slice(0, 10);
    await cairn.advance('2d');
    const found = (await mails()).filter(({ subject }) => subject.startsWith('Board: '));
    const reported = found.filter(({ subject }) => subject.includes(day));
    expect(reported.map(({ to }) => to).sort()).toEqual(['ann@example.com', 'bob@example.com']);
    const { totals } = await cairn.ok<{ totals: { sent: number; recipients: number } }>(
      'viewer',
      'GET',
      `/v1/reports/journey/offer?from=${day}&to=${day}`,
    );
    expect(totals.sent).toBe(5);
    const [mail] = reported;
    expect(mail?.text).toContain(`已发送: ${totals.sent}\n`);
    expect(mail?.text).toContain(`触达人数: ${totals.recipients}\n`);
    expect(mail?.html).toContain('<svg');
    expect(new Set(found.map(({ to, subject }) => `${to} ${subject}`)).size).toBe(found.length);
    const { mailedAt } = await cairn.ok<{ mailedAt: string }>('marketer', 'GET', '/v1/report-subscriptions/daily');
    // 09:00 in China.
    expect(mailedAt.slice(11, 16)).toBe('01:00');
  });

  it('brings no more once it is deleted', async () => {
    expect((await cairn.as('marketer', 'DELETE', '/v1/report-subscriptions/daily')).status).toBe(204);
    expect((await cairn.as('marketer', 'DELETE', '/v1/report-subscriptions/daily')).status).toBe(404);
    const before = (await mails()).length;
    await cairn.advance('1d');
    expect((await mails()).filter(({ subject }) => subject.startsWith('Board: '))).toHaveLength(before);
  });

  it('brings the overview of seven days on a Monday', async () => {
    await cairn.advance('7d');
    const weekly = (await mails()).filter(({ to }) => to === 'cai@example.com');
    expect(weekly.length).toBeGreaterThan(0);
    expect(weekly.at(-1)?.subject).toMatch(/^总览 · 周报, \d{4}-\d\d-\d\d – \d{4}-\d\d-\d\d$/);
  });
});
