import type { Target } from '../../core/channels/registry.ts';
import { canonicalJson } from '../../core/definitions/canonical.ts';
import { isOfOccurrence, runOf } from '../../core/messages/source.ts';
import { messageMetricEvents } from '../../core/metrics/message-events.ts';
import { addressesOf } from '../../core/profiles/address-record.ts';
import { type SendKey, sendKeyOf } from '../../core/profiles/counted-sends.ts';
import { twinsOf } from '../../core/sending/twins.ts';
import { caughtUpNow } from '../profiles/caught-up.ts';
import type { ProfileItems } from '../profiles/ports.ts';
import { computedTraits } from '../profiles/traits.ts';
import type { SenderDeps } from './deps.ts';
import { gateByAddress } from './gate-by-address.ts';
import type { Draft } from './ports.ts';
import { publishMessageEvent } from './publish-message-event.ts';
import { recipientFacts } from './recipient-facts.ts';
import { releaseCapCount, requeue, type SendContext } from './send-context.ts';

/**
 * Asks the gate AGAIN about the channel of a message that is taken, by its run, its customer's consents and the records of its addresses as they are
 * now: what was committed before this read stops the message. Returns where it may go; undefined: nowhere now.
 */
export async function lookAgain(
  deps: SenderDeps,
  all: SendContext,
  { channel }: Target,
  { draft, owner, twins }: { draft: Draft; owner: string; twins: readonly SendKey[] },
): Promise<Target | undefined> {
  const { request, home, now } = all;
  const seen = await deps.lastLook({
    run: runOf(request.source),
    profile: all.template.class === 'marketing' || isOfOccurrence(request.source) ? home.key : undefined,
    addresses: addressesOf(home.profile?.addresses ?? {}, channel),
  });
  // Whoever publishes the outcome asks whether the run rests for it.
  all.run = seen.run;
  const verdict = await gateByAddress(
    { ...deps, profiles: { ...deps.profiles, addressRecords: async () => seen.records } },
    {
      ...all,
      run: seen.run,
      home: { ...home, ...(seen.profile && { consents: seen.profile.consents, activity: seen.profile.activity }) },
      request: { ...request, channels: [channel] },
    },
  );
  const isTwin = twinsOf(seen.sends, sendKeyOf(request.message), request.source).some((twin) => !twins.includes(twin));
  if ('send' in verdict && !isTwin && (await isStill(deps, all, seen.profile))) return verdict.send;
  if ('refuse' in verdict && verdict.refuse === 'exited') {
    await giveUp(deps, all, { draft, owner });
    return undefined;
  }
  // The gate evaluates it again: it may find another channel, refuses it with its reason, or waits for the merge that has fenced the consents. Counted anew,
  // it differs from another recipient's message that a merge has brought to the same person.
  await deps.messages.release(draft.id, owner, now, undefined);
  await requeue(deps, channel, { ...request, lookedAgain: true }, 0);
  return undefined;
}

/**
 * Whether the customer is whom the gate evaluated: no merge moves their consents, and an eventually consistent read was right about their addresses,
 * their timezone and what the message says of them.
 */
async function isStill(deps: SenderDeps, all: SendContext, seen: ProfileItems | undefined): Promise<boolean> {
  if (seen === undefined) return true;
  if (seen.consentFenced || seen.activity?.mergedInto !== undefined) return false;
  if (!all.isEventual) return true;
  return seen.profile?.pv === all.home.profile?.pv && (await isComputedStill(deps, all, seen.activity));
}

/** Whether no computed trait has another value by what the customer has done since the gate read them. */
async function isComputedStill(
  deps: SenderDeps,
  { home, snapshot, now }: SendContext,
  activity: ProfileItems['activity'],
): Promise<boolean> {
  if (snapshot.computed.length === 0 || activity?.version === home.activity?.version) return true;
  const valuesOf = async (at: ProfileItems['activity']) => {
    const caught = await caughtUpNow(deps, { ...home, activity: at });
    return canonicalJson(computedTraits(caught.activity, caught.snapshot, now));
  };
  return (await valuesOf(home.activity)) === (await valuesOf(activity));
}

/** A run is left for good. */
async function giveUp(
  deps: SenderDeps,
  all: SendContext,
  { draft, owner }: { draft: Draft; owner: string },
): Promise<void> {
  const now = deps.clock();
  if (!(await deps.messages.giveUp(draft, owner, 'suppressed', 'exited', now))) return;
  await releaseCapCount(deps, all);
  const what = { metric: 'suppressed', detail: 'exited', ...recipientFacts(all, now) };
  await deps.metricEvents.publish(messageMetricEvents(draft, what, now));
  await publishMessageEvent(deps, all.snapshot, draft, { status: 'suppressed', at: all.now });
}
