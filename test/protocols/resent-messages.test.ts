import { expect, it } from 'vitest';
import { sendKeyOf } from '../../core/profiles/counted-sends.ts';
import { sendMessage } from '../../engine/messages/send-message.ts';
import { senderDeps } from './check-history.ts';
import { Invocation } from './faults.ts';
import { START } from './script.ts';
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
