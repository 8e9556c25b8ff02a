import { expect, test } from 'vitest';
import type { Outcome } from '../../../engine/messages/ports.ts';
import { recordOutcome } from '../../../engine/messages/record-outcome.ts';

const NOW = Date.parse('2026-11-02T01:00:00Z');
const source = { kind: 'campaign', id: 'spring', occurrence: 'one', version: 1 };

/** Calls, in their order, of a sender that cannot write what it counts. */
async function callsAfter(outcome: Outcome, isWaiting?: true): Promise<string[]> {
  const calls: string[] = [];
  const call =
    (name: string, answer: unknown = true) =>
    async () => {
      calls.push(name);
      return answer;
    };
  const deps = {
    clock: () => NOW,
    provider: { channel: 'sms', name: 'p' },
    profiles: {
      changeSends: async () => {
        calls.push('note');
        throw new Error('throttled');
      },
    },
    messages: { release: call('release'), sent: call('sent') },
    metricEvents: { publish: call('publish') },
    events: { send: call('events') },
    senders: { sms: { now: { send: call('requeue') }, bulk: { send: call('requeue') }, send: call('requeue') } },
    noteLatency: () => {},
    log: { warn: () => calls.push('warn') },
  };
  const request = { message: 'm', profile: 'p', source, template: { id: 'news', version: 1 }, at: NOW };
  const all = {
    request,
    template: { class: 'marketing', content: {} },
    home: { key: 'p' },
    snapshot: {
      settings: { validFor: { transactional: '1d' }, money: { currency: 'CNY', costs: {} }, reportTraits: [] },
    },
    target: { channel: 'sms', address: '+8613800138000' },
    now: NOW,
  };
  const draft = { id: 'm', profile: 'p', source, channel: 'sms', template: { id: 'news', version: 1 } };
  // Only these ports are used.
  const attempt = { all, draft, content: { text: 'x' }, owner: 'o', isProbe: false, isWaiting };
  await recordOutcome(deps as never, attempt as never, outcome).catch((error: unknown) => calls.push(String(error)));
  return calls;
}

test.each(['temporary', 'throttled'] as const)(
  'a message that could not be noted as waiting is released and queued all the same: %s',
  async (kind) => {
    expect(await callsAfter({ kind, detail: 'busy' } as Outcome)).toEqual(['note', 'warn', 'release', 'requeue']);
  },
);

test('what a provider has taken is recorded before anything is noted', async () => {
  const calls = await callsAfter({ kind: 'sent', providerId: 'x' } as Outcome, true);
  expect(calls.slice(0, 3)).toEqual(['sent', 'note', 'warn']);
});
