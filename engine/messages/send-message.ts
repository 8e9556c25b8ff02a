import { capHistoryMs } from '../../core/catalog/cap-history.ts';
import { type Channel, ChannelSchema, kindOf, type Target } from '../../core/channels/registry.ts';
import { longestCapMs } from '../../core/definitions/limits.ts';
import type { Journey } from '../../core/journeys/schema.ts';
import type { SendRequest } from '../../core/messages/send-request.ts';
import { isCounted, ownerOf, runOf, type Source, sourceDefinitionOf, sourceName } from '../../core/messages/source.ts';
import { messageMetricEvents } from '../../core/metrics/metric-event.ts';
import { addressHash } from '../../core/profiles/address-record.ts';
import { type CountedSend, sendKeyOf } from '../../core/profiles/counted-sends.ts';
import { countsAlike, overCap, withSend } from '../../core/sending/caps.ts';
import { capsFor, isExited } from '../../core/sending/gate.ts';
import { RenderError } from '../../core/templates/liquid.ts';
import { PoisonError } from '../errors.ts';
import type { SenderDeps } from './deps.ts';
import { gateByAddress } from './gate-by-address.ts';
import type { Draft, Envelope } from './ports.ts';
import { publishMessageEvent } from './publish-message-event.ts';
import { recordOutcome } from './record-outcome.ts';
import { type Ready, renderMessage } from './render-message.ts';
import { draftOf, notifySent, releaseCapCount, requeue, resumeRun, type SendContext } from './send-context.ts';

/** Longer than a sender may run (30 s). */
const LEASE_MS = 60_000;
/** First delay before a merge under way is checked again; the delay then grows up to the maximum, so that few deliveries wait for many minutes. */
const UNSETTLED_SECONDS = 5;
const MAX_UNSETTLED_SECONDS = 80;

/** `docs/protocols.md#sending`: gate, render, caps, take, gate again, provider, result. Any number of deliveries hand the provider one message. */
export async function sendMessage(deps: SenderDeps, request: SendRequest): Promise<void> {
  const { source, resend } = request;
  const entry = runOf(source);
  const run = entry === undefined || request.runData !== undefined ? undefined : await deps.runs.get(entry);
  const home = await deps.profiles.home(request.profile);
  // The function that asked for the resend may have died before this write.
  if (resend !== undefined) await deps.messages.reopen(request.message, resend, deps.clock());
  if (!home.settled) {
    const waits = request.waits ?? 0;
    const delay = Math.min(MAX_UNSETTLED_SECONDS, UNSETTLED_SECONDS * 2 ** waits);
    return requeue(deps, deps.provider.channel, { ...request, waits: waits + 1 }, delay);
  }
  const version = await deps.catalog.version('templates', request.template.id, request.template.version);
  if (version === undefined)
    throw new PoisonError(`template ${request.template.id} has no version ${request.template.version}`);
  const live = await deps.catalog.snapshot();
  const all: SendContext = {
    request,
    run,
    home,
    template: version.definition,
    compiled: version.compiled,
    ...live,
    now: deps.clock(),
  };

  const verdict = await gateByAddress(deps, all);
  if (!('send' in verdict) && (await hasLeft(deps, all))) return refuse(deps, all, 'suppressed', refusalOf('exited'));
  if ('refuse' in verdict) return refuse(deps, all, 'suppressed', refusalOf(verdict.refuse), verdict.channel);
  if ('hold' in verdict) return hold(deps, all, verdict.hold);
  const { channel } = verdict.send;
  if (channel !== deps.provider.channel) return requeue(deps, channel, request, 0);
  await sendBy(deps, all, verdict.send);
}

/** A run that has left comes before all other reasons; one that was not read is read now. */
async function hasLeft(deps: SenderDeps, all: SendContext): Promise<boolean> {
  const { source, runData } = all.request;
  const entry = runOf(source);
  if (entry === undefined || runData === undefined) return false;
  all.run = await deps.runs.get(entry);
  return isExited(source, all.run, all.snapshot);
}

/**
 * First holds the message, then checks with up-to-date rules and pauses whether it still must be held: a resume or an archive first changes those and
 * then looks for held messages.
 */
async function hold(deps: SenderDeps, all: SendContext, by: string): Promise<void> {
  const { request } = all;
  if (!(await deps.messages.hold(draftOf(all, channelOfHold(by)), by, all.now))) return taken(deps, all);
  const live = await deps.catalog.snapshot({ since: deps.clock() });
  const verdict = await gateByAddress(deps, { ...all, ...live });
  if (!('hold' in verdict)) await requeue(deps, deps.provider.channel, { ...request, released: true }, 0);
}

/** A channel that was given up for a provider's fault ends as failed; with any other reason it ends as suppressed. */
const FAILURES = new Set(['provider-permanent', 'provider-unavailable', 'render-failed']);
/** `detail`: more text beside the reason. */
interface Refusal {
  reason: string;
  failed: boolean;
  detail?: string;
}
const refusalOf = (reason: string): Refusal => ({ reason, failed: FAILURES.has(reason) });

const channelOfHold = (by: string): Channel | undefined => ChannelSchema.safeParse(by).data;

async function refuse(
  deps: SenderDeps,
  all: SendContext,
  state: 'suppressed' | 'failed',
  { reason, failed, detail }: Refusal,
  channel?: Channel,
): Promise<void> {
  const as = failed ? 'failed' : state;
  const draft = draftOf(all, channel ?? all.request.passed?.at(-1)?.channel);
  const isNew = await deps.messages.refuse(draft, as, reason, all.now, detail);
  // Another delivery may have refused the message and died: this one finishes the refusal.
  if (!isNew && (await deps.messages.get(draft.id))?.state !== as) return taken(deps, all);
  await releaseCapCount(deps, all);
  if (isNew) await deps.metricEvents.publish(messageMetricEvents(draft, { metric: as, detail: reason }, all.now));
  await resumeRun(deps, all);
  await publishMessageEvent(deps, all.snapshot, draft, { status: as, at: all.now });
}

/** Renders, counts, takes, and hands to the provider: steps 3 to 7. */
async function sendBy(deps: SenderDeps, all: SendContext, target: Target): Promise<void> {
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
  const over = await countOrRefuse(deps, all, target.channel);
  if (over !== undefined) {
    const reason = (await hasLeft(deps, all)) ? 'exited' : over;
    return refuse(deps, all, 'suppressed', { reason, failed: false }, target.channel);
  }

  const owner = deps.newOwner();
  const draft = { ...draftOf(all, target.channel, rendered.links), to: numberOf(target) };
  if (!(await deps.messages.take(draft, owner, all.now, all.now + LEASE_MS))) return taken(deps, all);
  if (await leftMeanwhile(deps, all, owner, draft)) return;
  const outcome = await deps.provider.send(envelopeOf(all, target, rendered));
  await recordOutcome(deps, { all: { ...all, target }, draft, owner }, outcome);
}

/** Anyone who opens the message's page has shown that this number is theirs. */
const numberOf = (target: Target): string | undefined =>
  'address' in target && kindOf(target.channel).address.acceptsStopReplies
    ? addressHash({ channel: target.channel, value: target.address })
    : undefined;

/**
 * The row could not be taken: it is final, or another delivery owns it. If the lease has expired, the outcome is unknown, whatever the gate says now.
 */
async function taken(deps: SenderDeps, all: SendContext): Promise<void> {
  const { request, now } = all;
  const row = await deps.messages.get(request.message);
  if (row === undefined) return;
  const { state, owner, leaseUntil } = row;
  if (state === 'sent' || state === 'unknown') {
    return notifySent(deps, all, row, state, row.history.findLast(({ status }) => status === state)?.at ?? now);
  }
  // Another delivery has refused the message, but this one may have counted it meanwhile.
  if (state === 'suppressed' || state === 'failed') return releaseCapCount(deps, all);
  if (state !== 'sending' || owner === undefined || leaseUntil === undefined) return;
  if (leaseUntil > now)
    return requeue(deps, deps.provider.channel, request, Math.min(900, Math.ceil((leaseUntil - now) / 1000)));
  const isLost = await deps.messages.unknown(
    row.id,
    owner,
    now,
    'its sender was lost between the taking and the answer',
  );
  if (isLost) await notifySent(deps, all, row, 'unknown', now);
}

/** Asks gate 0 AGAIN, so that an exit between the first read and the take is not missed. */
async function leftMeanwhile(deps: SenderDeps, all: SendContext, owner: string, draft: Draft): Promise<boolean> {
  const { source } = all.request;
  const run = runOf(source);
  if (run === undefined || !isExited(source, await deps.runs.get(run), all.snapshot)) return false;
  if (await deps.messages.giveUp(draft.id, owner, 'suppressed', 'exited', deps.clock())) {
    await releaseCapCount(deps, all);
    await deps.metricEvents.publish(messageMetricEvents(draft, { metric: 'suppressed', detail: 'exited' }, all.now));
    await publishMessageEvent(deps, all.snapshot, draft, { status: 'suppressed', at: all.now });
  }
  return true;
}

/**
 * Step 3, last: counts the message atomically under its id, by the channel that it now goes by; the reason where it would be too many. Each try is
 * judged anew among the others and counts from its own instant, because a message that was throttled may leave on another day than it was first
 * counted on.
 */
async function countOrRefuse(deps: SenderDeps, all: SendContext, channel: Channel): Promise<string | undefined> {
  const { request, template, snapshot, home, now } = all;
  if (template.class === 'transactional' || !isCounted(request.source)) return undefined;
  const { source } = request;
  const owner = ownerOf(source);
  const node = sourceDefinitionOf(source)?.node;
  const caps = capsFor(snapshot, source, await definitionOf(deps, source));
  const timezone = home.profile?.timezone ?? snapshot.settings.timezone;
  const send: CountedSend = {
    at: now,
    zone: timezone,
    channel,
    ...(template.topic === undefined ? {} : { topic: template.topic }),
    ...(owner === undefined ? {} : { source: owner }),
    ...(node === undefined ? {} : { node }),
  };
  const key = sendKeyOf(request.message);
  const keptMs = Math.max(capHistoryMs(snapshot), longestCapMs(caps.map(({ cap }) => cap)));
  let over: string | undefined;
  await deps.profiles.changeSends(
    home.key,
    (sends) => {
      over = undefined;
      const { [key]: own, ...others } = sends;
      over = overCap(caps, send, others, timezone, now);
      if (over !== undefined || (own && countsAlike(own, send, caps))) return undefined;
      return withSend(others, key, send, keptMs);
    },
    home,
  );
  return over;
}

/** The definition that sent the message, in its version. */
async function definitionOf(deps: SenderDeps, source: Source): Promise<Journey | undefined> {
  const origin = sourceDefinitionOf(source);
  return origin && (await deps.catalog.version(origin.kind, origin.id, origin.version))?.definition;
}

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
