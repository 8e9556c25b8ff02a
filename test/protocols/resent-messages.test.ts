import { describe, expect, it } from 'vitest';
import { sendKeyOf } from '../../core/profiles/counted-sends.ts';
import { sendMessage } from '../../engine/messages/send-message.ts';
import { senderDeps } from './check-history.ts';
import { Invocation } from './faults.ts';
import { HOUR, START } from './script.ts';
import { asked, catalogOf, deliver, key, OFFER } from './sent-customers.ts';

/** A person has a message sent again whose first sender may still be at work, or whose reopening was lost. */

const expired = async () => {
  const sending = await asked();
  return { ...sending, late: { ...sending.request, validUntil: START } };
};

it('a message whose resend was queued is reopened by its sender, if whoever asked for it died before that', async () => {
  const sending = await expired();
  const { sim, request, late } = sending;
  await deliver({ ...sending, request: late }, new Invocation());
  expect((await sim.stores(new Invocation()).messages.get('m'))?.state).toBe('suppressed');
  const again = { ...request, resend: 'by hand' };
  expect((await deliver({ ...sending, request: again }, new Invocation())).handed).toEqual(['m']);
  // The same request, once more.
  expect((await deliver({ ...sending, request: again }, new Invocation())).handed).toEqual([]);
});

it('a message that was sent again keeps its count, though the sender that refused it before is slow to give it back', async () => {
  const sending = await expired();
  const { sim, request, late } = sending;
  const deps = senderDeps(sim, new Invocation(), late, 'sms');
  const refuse: typeof deps.messages.refuse = async (...args) => {
    const move = await deps.messages.refuse(...args);
    sim.now += 1_000;
    const again = { ...sending, request: { ...request, resend: 'by hand' } };
    expect((await deliver(again, new Invocation())).handed).toEqual(['m']);
    return move;
  };
  await sendMessage({ ...deps, catalog: catalogOf(deps, OFFER), messages: { ...deps.messages, refuse } }, late);
  const { profiles } = sim.stores(new Invocation());
  expect(Object.keys(await profiles.readSends(key))).toEqual([sendKeyOf('m')]);
});

describe('a second try by hand that is refused leaves the count of the first, which', () => {
  it.each(['unknown', 'bounced'] as const)('is %s', async (became) => {
    const sending = await expired();
    const { sim, request, late } = sending;
    const { messages, profiles } = sim.stores(new Invocation());
    const silent = became === 'unknown' ? { kind: 'unknown' as const, detail: 'silence' } : undefined;
    const deps = senderDeps(sim, new Invocation(), request, 'sms');
    const send: typeof deps.provider.send = async (envelope) => silent ?? deps.provider.send(envelope);
    await sendMessage({ ...deps, catalog: catalogOf(deps, OFFER), provider: { ...deps.provider, send } }, request);
    if (became === 'bounced') await messages.receive('m', 'bounced', { at: sim.now });
    const before = await profiles.readSends(key);
    expect(Object.keys(before)).toEqual([sendKeyOf('m')]);
    sim.now += 1_000;
    expect((await deliver({ ...sending, request: { ...late, resend: 'by hand' } }, new Invocation())).handed).toEqual(
      [],
    );
    expect((await messages.get('m'))?.state).toBe('suppressed');
    expect(await profiles.readSends(key)).toEqual(before);
  });

  it('has bounced, though the second was counted anew before it was refused', async () => {
    const sending = await asked();
    const { sim, request, run } = sending;
    const { messages, profiles, runs } = sim.stores(new Invocation());
    await deliver(sending, new Invocation(), OFFER);
    await messages.receive('m', 'bounced', { at: sim.now });
    const before = await profiles.readSends(key);
    // On another day, it is counted anew; the run exits before the last look.
    sim.now += 24 * HOUR;
    const again = { ...request, validUntil: sim.now + HOUR, resend: 'by hand' };
    const deps = senderDeps(sim, new Invocation(), again, 'sms');
    const take: typeof deps.messages.take = async (...args) => {
      const taken = await deps.messages.take(...args);
      expect(Object.values(await profiles.readSends(key))).toMatchObject([{ at: sim.now }]);
      await runs.close(run, 'exited', sim.now, 'bought');
      return taken;
    };
    await sendMessage({ ...deps, catalog: catalogOf(deps, OFFER), messages: { ...deps.messages, take } }, again);
    expect(await messages.get('m')).toMatchObject({ state: 'suppressed', reason: 'exited' });
    expect(await profiles.readSends(key)).toEqual(before);
  });
});
