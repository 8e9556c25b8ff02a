import { kindOf, type Target } from '../../core/channels/registry.ts';
import { sourceDefinitionOf, sourceName } from '../../core/messages/source.ts';
import { addressHash } from '../../core/profiles/address-record.ts';
import { RenderError } from '../../core/templates/liquid.ts';
import { countSend } from './count-send.ts';
import type { SenderDeps } from './deps.ts';
import { hasLeft } from './exited.ts';
import { lookAgain } from './last-look.ts';
import type { Envelope } from './ports.ts';
import { publishMove } from './publish-move.ts';
import { recordOutcome } from './record-outcome.ts';
import { refusalOf, refuse } from './refuse-message.ts';
import { type Ready, renderMessage } from './render-message.ts';
import { draftOf, requeue, type SendContext } from './send-context.ts';
import { taken } from './taken.ts';

/** Longer than a sender may run (30 s). */
const LEASE_MS = 60_000;

/** Renders, counts, takes, and hands to the provider: steps 3 to 7. */
export async function handOver(deps: SenderDeps, all: SendContext, target: Target, isProbe = false): Promise<void> {
  const rendered = await renderMessage(deps, all, target.channel);
  if (rendered instanceof RenderError) {
    deps.log.warn('a template could not be rendered', {
      template: all.request.template,
      messageId: all.request.message,
      fault: rendered.message,
    });
    if (await hasLeft(deps, all)) return refuse(deps, all, 'suppressed', refusalOf('exited'));
    const refusal = { reason: 'render-failed', failed: true, detail: rendered.detail };
    return refuse(deps, all, 'failed', refusal, target.channel);
  }
  const counted = await countSend(deps, all, target.channel);
  if ('waitSeconds' in counted) return requeue(deps, target.channel, all.request, counted.waitSeconds);
  if ('refuse' in counted) {
    const reason = (await hasLeft(deps, all)) ? 'exited' : counted.refuse;
    return refuse(deps, all, 'suppressed', { reason, failed: false }, target.channel);
  }

  const owner = deps.newOwner();
  const draft = { ...draftOf(all, target.channel, rendered.links), to: numberOf(target) };
  const move = await deps.messages.take(draft, owner, all.now, all.now + LEASE_MS);
  if (!move) return taken(deps, all);
  await publishMove(deps, draft, move, all.now);
  const allowed = isLookedAtAgain(all) ? await lookAgain(deps, all, target, { draft, owner, ...counted }) : target;
  if (allowed === undefined) return;
  const outcome = await deps.provider.send(envelopeOf(all, allowed, rendered));
  await recordOutcome(deps, { all: { ...all, target: allowed }, draft, owner, isProbe }, outcome);
  await deps.breakers.note(deps.provider, outcome.kind, isProbe);
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
