import { type Channel, kindOf, type Target } from '../../core/channels/registry.ts';
import { sourceDefinitionOf, sourceName } from '../../core/messages/source.ts';
import { addressHash } from '../../core/profiles/address-record.ts';
import { RenderError } from '../../core/templates/liquid.ts';
import { type CountVerdict, countSend } from './count-send.ts';
import type { SenderDeps } from './deps.ts';
import { lookAgain } from './last-look.ts';
import type { Envelope } from './ports.ts';
import { publishMove } from './publish-move.ts';
import { recordOutcome } from './record-outcome.ts';
import { type Refusal, refusalOf, refuse } from './refuse-message.ts';
import { type Ready, renderMessage } from './render-message.ts';
import { hasRunExited } from './run-exited.ts';
import { draftOf, requeue, type SendContext } from './send-context.ts';
import { taken } from './taken.ts';

/** Longer than a sender may run (30 s). */
const LEASE_MS = 60_000;

/**
 * Renders, counts, takes, and hands to the provider: steps 3 to 7. Returns false for a message that only eventually consistent reads would refuse:
 * nothing was done.
 */
export async function handOver(deps: SenderDeps, all: SendContext, target: Target, isProbe = false): Promise<boolean> {
  const ready = await counted(deps, all, target.channel);
  if (!('content' in ready)) {
    if (all.isEventual) return false;
    await (isWait(ready)
      ? requeue(deps, target.channel, all.request, ready.waitSeconds)
      : refuseNow(deps, all, ready, target));
    return true;
  }
  const owner = deps.newOwner();
  const draft = { ...draftOf(all, target.channel, ready.links), to: numberOf(target) };
  const move = await deps.messages.take(draft, owner, all.now, all.now + LEASE_MS);
  if (!move) {
    await taken(deps, all);
    return true;
  }
  await publishMove(deps, draft, move, all.now);
  const { twins } = ready;
  const allowed = isLookedAtAgain(all) ? await lookAgain(deps, all, target, { draft, owner, twins }) : target;
  if (allowed === undefined) return true;
  const outcome = await deps.provider.send(envelopeOf(all, allowed, ready));
  await recordOutcome(
    deps,
    { all: { ...all, target: allowed }, draft, content: ready.content, owner, isProbe, isWaiting: ready.isWaiting },
    outcome,
  );
  await deps.breakers.note(deps.provider, outcome.kind, isProbe);
  return true;
}

type Counted = Extract<CountVerdict, { twins: unknown }>;
/** It is not handed over for now. */
interface Wait {
  waitSeconds: number;
}
const isWait = (ready: Refusal | Wait): ready is Wait => 'waitSeconds' in ready;

async function refuseNow(deps: SenderDeps, all: SendContext, ready: Refusal, { channel }: Target): Promise<void> {
  const refusal = (await hasRunExited(deps, all)) ? refusalOf('exited') : ready;
  await refuse(deps, all, 'suppressed', refusal, channel);
}

/** Renders the message and counts it. */
async function counted(
  deps: SenderDeps,
  all: SendContext,
  channel: Channel,
): Promise<(Ready & Counted) | Refusal | Wait> {
  const rendered = await renderMessage(deps, all, channel);
  if (rendered instanceof RenderError) {
    deps.log.warn('a template could not be rendered', {
      template: all.request.template,
      messageId: all.request.message,
      fault: rendered.message,
    });
    return { ...refusalOf('render-failed'), detail: rendered.detail };
  }
  const verdict = await countSend(deps, all, channel);
  if ('refuse' in verdict) return { reason: verdict.refuse, failed: false };
  return 'waitSeconds' in verdict ? verdict : { ...rendered, ...verdict };
}

/** A transactional message that no run or campaign sends asks for no consent, and nothing but its caller can take it back. */
const isLookedAtAgain = ({ request, template }: SendContext): boolean =>
  sourceDefinitionOf(request.source) !== undefined || template.class === 'marketing';

/** Anyone who opens the message's page has shown that this number is theirs. */
const numberOf = (target: Target): string | undefined =>
  'address' in target && kindOf(target.channel).address.acceptsStopReplies
    ? addressHash({ channel: target.channel, value: target.address })
    : undefined;

function envelopeOf(
  { request, home, template, snapshot, now }: SendContext,
  target: Target,
  { content, unsubscribeUrl }: Ready,
): Envelope {
  return {
    message: request.message,
    profile: home.key,
    template: request.template.id,
    source: sourceName(request.source),
    target,
    content,
    settings: snapshot.settings,
    ...(request.validUntil === undefined ? {} : { secondsLeft: Math.floor((request.validUntil - now) / 1000) }),
    ...(template.class === 'marketing' ? { unsubscribeUrl } : {}),
  };
}
