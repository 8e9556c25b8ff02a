import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buildAssembly } from '../../local/assembly.ts';
import { type History, track } from '../burst/customers/history.ts';
import { burst, type Customer, callsOf, customersOf } from '../burst/post.ts';
import { Cairn } from '../scenarios/cairn.ts';
import { alerts, guardrail } from '../scenarios/guardrails-harness.ts';

const EACH = Number(process.env.EACH ?? 25);
const AT = '2026-11-02T01:00:00.000Z';
const history = (id: string, calls: History['calls']): History => ({ id, calls, journeys: ['offer'], expects: [] });
const mail = (name: string) => ({ type: 'identify' as const, traits: { email: `${name}@example.com` } });

const FIRST = [history('first', (name) => [mail(name), track('Offered')])];
const WHILE_PAUSED = [
  history('stays', (name) => [mail(name), track('Offered')]),
  history('leaves', (name) => [mail(name), track('Offered'), track('Declined')]),
];

let cairn: Cairn | undefined;
beforeAll(() => buildAssembly(), 600_000);
afterEach(() => cairn?.stop());

async function started(flags: string[]): Promise<Cairn> {
  cairn = await Cairn.start(AT, ['--memory', ...flags]);
  const rail = { metric: 'unsubscribe', scope: 'channel', over: 0.05, atLeast: EACH, within: '24h', do: 'pause' };
  await cairn.ok('admin', 'PUT', '/v1/settings', { caps: [], floors: [], guardrails: [rail] });
  const content = { email: { subject: 'An offer', text: 'An offer' } };
  await cairn.ok('marketer', 'PUT', '/v1/templates/offer', { class: 'marketing', content });
  await cairn.ok('marketer', 'PUT', '/v1/journeys/offer', {
    name: 'Offer',
    entry: { event: 'Offered' },
    exit: [{ event: 'Declined' }],
    start: 'say',
    nodes: { say: { type: 'send', template: 'offer', channels: ['email'], next: 'done' }, done: { type: 'end' } },
  });
  await cairn.publish('offer');
  return cairn;
}

async function posted(one: Cairn, customers: Customer[]): Promise<void> {
  const now = Date.parse(await one.now());
  await burst(
    () => one,
    customers.map((customer) => callsOf(customer, 'calls', now, now)),
    'ordered',
  );
  await one.local('POST', 'settle');
}

const ids = (customers: Customer[]): string[] => customers.map(({ id }) => id).sort();

describe('a guardrail under what clients post without a pause', { timeout: 600_000 }, () => {
  it.each([[[]], [['--wire']]])('pauses once, holds everybody, and lets each message go once: %j', async (flags) => {
    const one = await started(flags);
    const sentTo = async () => (await one.outbox()).map(({ profileId }) => profileId).sort();
    const first = customersOf(FIRST, 2 * EACH);
    await posted(one, first);
    expect(await sentTo()).toEqual(ids(first));
    expect(await guardrail(one, 'email')).toMatchObject({ sample: 2 * EACH, did: 0 });

    // More than 5 %, side by side.
    const stops = (await one.outbox()).slice(0, Math.ceil(EACH / 5));
    await Promise.all(stops.map(({ messageId }) => one.local('POST', 'feedback', { messageId, kind: 'unsubscribed' })));
    await one.local('POST', 'settle');
    expect((await alerts(one)).map(({ did }) => did)).toEqual(['paused']);

    const customers = customersOf(WHILE_PAUSED, EACH);
    await posted(one, customers);
    expect(await sentTo()).toEqual(ids(first));
    for (const [mode, times] of [
      ['error', 3],
      ['throttle', EACH],
    ] as const)
      await one.local('POST', 'faults', { provider: 'email', mode, times });
    await one.ok('approver', 'POST', '/v1/channels/email/resume', {});
    await one.local('POST', 'settle');
    await one.advance('6h');
    const stayed = customers.filter(({ history: { id } }) => id === 'stays');
    expect(await sentTo()).toEqual([...ids(first), ...ids(stayed)].sort());
    expect(await guardrail(one, 'email')).toMatchObject({ sample: EACH, did: 0 });
    const report = await one.ok<object>('viewer', 'GET', '/v1/reports/journey/offer');
    expect(report).toMatchObject({ entered: 4 * EACH, outcomes: { exited: EACH } });
  });
});
