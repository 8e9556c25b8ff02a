import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

type Json = Record<string, unknown>;
interface Report {
  from: string;
  to: string;
  totals: Record<string, number>;
  days?: { day: string; counts: Record<string, number> }[];
  hours?: { hour: string; counts: Record<string, number> }[];
}

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));

const report = async (query = '') => {
  await cairn.local('POST', 'settle');
  return cairn.ok<Report>('viewer', 'GET', `/v1/reports/ingestion${query}`);
};
/** What the counters have grown by. */
async function counted(act: () => Promise<unknown>): Promise<Record<string, number>> {
  const before = (await report()).totals;
  await act();
  const after = (await report()).totals;
  const grown = Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)] as const);
  return Object.fromEntries(grown.filter(([, count]) => count !== 0));
}
const authorization = (key: string) => ({ authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}` });
const send = (path: string, body: Json, key = 'dev') => cairn.call('POST', path, body, authorization(key));
const seen = (userId: string, more: Json = {}) => ({ type: 'track', userId, event: 'Seen', ...more });

describe('the ingestion report', () => {
  it('counts accepted, repeated and late events, each once', async () => {
    const now = Date.parse((await cairn.local<{ now: string }>('GET', 'now')).now);
    const ago = (hours: number) => new Date(now - hours * 3600_000).toISOString();
    const batch = [
      seen('ann', { messageId: 'm1' }),
      seen('ann', { messageId: 'm2' }),
      seen('ann', { messageId: 'm2' }),
      seen('ben', { messageId: 'm1', timestamp: ago(25) }),
      seen('ben', { messageId: 'm3', timestamp: ago(23) }),
    ];
    expect(await counted(() => send('/v1/batch', { batch }))).toEqual({ accepted: 4, duplicate: 1, late: 1 });
    // A client that got no answer sends the whole request again, with one event more.
    const again = { batch: [...batch, seen('ann', { messageId: 'm4' })] };
    expect(await counted(() => send('/v1/batch', again))).toEqual({ accepted: 1, duplicate: 5 });
  });

  it('counts an event once though its profile is merged, and none of those that Cairn makes itself', async () => {
    await cairn.ok('marketer', 'PUT', '/v1/tags/seen', { name: 'Seen', if: { event: 'Seen' } });
    const batch = [
      seen('old', { messageId: 'a1' }),
      { type: 'alias', userId: 'new', previousId: 'old', messageId: 'a2' },
      seen('old', { messageId: 'a3' }),
      seen('new', { messageId: 'a4' }),
    ];
    expect(await counted(() => send('/v1/batch', { batch }))).toEqual({ accepted: 4 });
    expect(await counted(() => send('/v1/batch', { batch: [batch[0], batch[2]] }))).toEqual({ duplicate: 2 });
  });

  it('counts rejected items by the field at fault, and refused requests by their code', async () => {
    const batch = [
      seen('ann'),
      { type: 'track', userId: 'ann' },
      { type: 'track', event: 'Seen' },
      { type: 'hello', userId: 'ann' },
      seen('ann', { originalTimestamp: 'soon' }),
      seen('ann', { context: { device: { token: 'x'.repeat(5_000) } } }),
      'no object',
    ];
    expect(await counted(() => send('/v1/batch', { batch }))).toEqual({
      accepted: 1,
      'rejected:event': 1,
      'rejected:userId': 1,
      'rejected:type': 1,
      'rejected:timestamp': 1,
      'rejected:context': 1,
      'rejected:item': 1,
    });
    expect(await counted(() => send('/v1/track', { userId: 'ann' }))).toEqual({
      'rejected:event': 1,
      'refused:unreadable': 1,
    });
    expect(await counted(() => send('/v1/track', seen('ann'), 'nobody'))).toEqual({ 'refused:unauthenticated': 1 });
    const large = seen('ann', { properties: { text: 'x'.repeat(600_000) } });
    expect(await counted(() => send('/v1/track', large))).toEqual({ 'refused:too-large': 1 });
    const burst = () => send('/v1/batch', { batch: Array.from({ length: 600 }, () => seen('busy')) });
    expect(await counted(burst)).toEqual({ accepted: 600 });
    expect(await counted(burst)).toEqual({ 'refused:rate-limited': 1 });
  });

  it("counts a client's report of a message that it did not get", async () => {
    const { body } = await cairn.as<{ key: string }>('admin', 'POST', '/v1/keys', { kind: 'client', name: 'web' });
    const forged = { ...seen('ann'), event: 'Message Opened', properties: { messageId: 'none' } };
    expect(await counted(() => send('/v1/track', forged, body.key))).toEqual({ 'dropped:report': 1 });
  });

  it('answers by hour of arrival, up to 14 days of them', async () => {
    const { now } = await cairn.local<{ now: string }>('GET', 'now');
    const hour = `${now.slice(0, 13)}:00:00.000Z`;
    await cairn.advance('2h');
    await send('/v1/track', seen('later'));
    const { totals, hours = [], days } = await report('?by=hour');
    expect(days).toBeUndefined();
    expect(hours.map((one) => one.hour)).toEqual([hour, new Date(Date.parse(hour) + 2 * 3600_000).toISOString()]);
    expect(hours[1]?.counts).toEqual({ accepted: 1 });
    expect(totals).toEqual((await report()).totals);
    const day = now.slice(0, 10);
    expect((await report(`?by=hour&from=${hour}&to=${hour}`)).hours).toEqual([hours[0]]);
    expect((await report(`?by=hour&from=${day}&to=${day}`)).hours?.[0]).toEqual(hours[0]);
    expect((await report(`?by=day&from=${day}&to=${day}`)).days?.[0]?.day).toBe(day);
  });

  it.each([
    ['by=week', '/query/by'],
    ['by=hour&from=2026-01-01&to=2026-02-01', '/query/from'],
    ['from=2024-01-01&to=2026-02-01', '/query/from'],
    ['from=2026-02-02&to=2026-02-01', '/query/from'],
    ['by=hour&from=2026-02-02T10:00:00Z&to=2026-02-02T09:00:00Z', '/query/from'],
    ['by=hour&from=soon', '/query/from'],
  ])('refuses %s', async (query, path) => {
    const { status, body } = await cairn.as('viewer', 'GET', `/v1/reports/ingestion?${query}`);
    expect([status, (body.errors as Json[])[0]?.path]).toEqual([422, path]);
  });
});
