import type { Compiled } from '../../../core/catalog/definition.ts';
import type { Pointer, Snapshot } from '../../../core/catalog/snapshot.ts';
import type { Channel } from '../../../core/channels.ts';
import type { EpochMs } from '../../../core/ids.ts';
import { liquidData } from '../../../core/journeys/run-data.ts';
import type { Journey } from '../../../core/journeys/schema.ts';
import { withToldTraits } from '../../../core/journeys/told.ts';
import { linkToken, unsubscribeToken } from '../../../core/links/token.ts';
import { messageFact } from '../../../core/measuring/fact.ts';
import type { SendRequest } from '../../../core/messages/send-request.ts';
import type { CountedSend } from '../../../core/profiles/profile.ts';
import type { Run } from '../../../core/runs/run.ts';
import { retryDelay } from '../../../core/sending/backoff.ts';
import { counted, overCap } from '../../../core/sending/caps.ts';
import type { Target } from '../../../core/sending/choose-channel.ts';
import { capsFor, gate, isExited } from '../../../core/sending/gate.ts';
import { profileForLiquid } from '../../../core/templates/profile.ts';
import { RenderError, type Rendered, render } from '../../../core/templates/render.ts';
import type { TemplateDefinition } from '../../../core/templates/schema.ts';
import type { Draft } from '../adapters/messages.dynamo.ts';
import type { Home } from '../adapters/profile-reads.dynamo.ts';
import { PoisonError } from '../handlers/queue-handler.ts';
import { computedTraits } from '../profiles/traits.ts';
import type { Envelope, Outcome, SenderDeps } from './deps.ts';
import { tellProfile } from './tell.ts';

/** Longer than a sender may run (30 s). */
const LEASE_MS = 60_000;
/** A merge that is under way is asked again after this. */
const UNSETTLED_SECONDS = 5;

interface Case {
  request: SendRequest;
  run: Run | undefined;
  home: Home;
  template: TemplateDefinition;
  compiled: Compiled | undefined;
  snapshot: Snapshot;
  pointer: Pointer;
  now: EpochMs;
}

/** Protocol B, sender: gate, render, caps, take, gate again, provider, result. Any number of deliveries hand the provider one message. */
export async function sendMessage(deps: SenderDeps, request: SendRequest): Promise<void> {
  const { source } = request;
  const run = source.kind === 'journey' ? await deps.runs.get(source.run) : undefined;
  const home = await deps.profiles.home(request.profile);
  if (!home.settled) return again(deps, deps.provider.channel, request, UNSETTLED_SECONDS);
  const version = await deps.catalog.version('templates', request.template.id, request.template.version);
  if (version === undefined)
    throw new PoisonError(`template ${request.template.id} has no version ${request.template.version}`);
  const live = await deps.catalog.snapshot();
  const all: Case = {
    request,
    run,
    home,
    template: version.definition,
    compiled: version.compiled,
    ...live,
    now: deps.clock(),
  };

  const verdict = gate({ ...all, profile: home.profile, consents: home.consents });
  if ('refuse' in verdict) return refuse(deps, all, 'suppressed', refusalOf(verdict.refuse), verdict.channel);
  if ('hold' in verdict) return hold(deps, all, verdict.hold);
  const { channel } = verdict.send;
  if (channel !== deps.provider.channel) return again(deps, channel, request, 0);
  await sendBy(deps, all, verdict.send);
}

/** Held first, and then looked whether it still is to be: whoever resumes does so and then looks for what is held. */
async function hold(deps: SenderDeps, all: Case, by: string): Promise<void> {
  const { request, home } = all;
  await deps.messages.hold(draftOf(all, channelOfHold(by)), by, all.now);
  const { pointer } = await deps.catalog.snapshot();
  const verdict = gate({ ...all, pointer, profile: home.profile, consents: home.consents });
  if (!('hold' in verdict)) await again(deps, deps.provider.channel, { ...request, released: true }, 0);
}

/** A channel given up for a provider's fault ends as failed; every other reason as suppressed. */
const FAILURES = new Set(['provider-permanent', 'provider-unavailable', 'render-failed']);
const refusalOf = (reason: string): { reason: string; failed: boolean } => ({ reason, failed: FAILURES.has(reason) });

const channelOfHold = (by: string): Channel | undefined =>
  by === 'email' || by === 'sms' || by === 'push' ? by : undefined;

function draftOf({ request, home, template }: Case, channel: Channel | undefined, links?: string[]): Draft {
  return {
    id: request.message,
    profile: home.key,
    channel,
    template: request.template,
    topic: template.topic,
    source: request.source,
    at: request.at,
    request,
    links: links && links.length > 0 ? links : undefined,
  };
}

async function again(deps: SenderDeps, channel: Channel, request: SendRequest, delaySeconds: number): Promise<void> {
  await deps.senders[channel].send([{ body: request, delaySeconds }]);
}

async function refuse(
  deps: SenderDeps,
  all: Case,
  state: 'suppressed' | 'failed',
  { reason, failed }: { reason: string; failed: boolean },
  channel?: Channel,
): Promise<void> {
  const as = failed ? 'failed' : state;
  const draft = draftOf(all, channel ?? all.request.passed?.at(-1)?.channel);
  const isNew = await deps.messages.refuse(draft, as, reason, all.now);
  // A redelivery of what was sent meanwhile changes nothing; one of what was refused finishes the refusal.
  const now = isNew ? as : (await deps.messages.get(draft.id))?.state;
  if (now !== as) return;
  await giveBack(deps, all);
  if (isNew) await deps.facts.tell([messageFact(draft, `${as}:${reason}`, all.now)]);
  await letGoOn(deps, all);
  await tellProfile(deps, all.snapshot, draft, as, all.now);
}

/** Steps 6 and 7, the take, and what the provider says. */
async function sendBy(deps: SenderDeps, all: Case, target: Target): Promise<void> {
  const rendered = await renderFor(deps, all, target.channel);
  if (rendered instanceof RenderError) {
    deps.log.warn('a template could not be rendered', {
      template: all.request.template,
      messageId: all.request.message,
      fault: rendered.message,
    });
    return refuse(deps, all, 'failed', { reason: 'render-failed', failed: true }, target.channel);
  }
  const over = await countOrRefuse(deps, all, target.channel);
  if (over !== undefined) return refuse(deps, all, 'suppressed', { reason: over, failed: false }, target.channel);

  const owner = deps.newOwner();
  const draft = draftOf(all, target.channel, rendered.links);
  if (!(await deps.messages.take(draft, owner, all.now, all.now + LEASE_MS))) return taken(deps, all);
  if (await leftMeanwhile(deps, all, owner, draft)) return;
  const outcome = await deps.provider.send(envelopeOf(all, target, rendered));
  await record(deps, all, draft, owner, outcome);
}

/** Refused: it is final, or another holds it; an expired lease leaves what nobody knows. */
async function taken(deps: SenderDeps, all: Case): Promise<void> {
  const { request, now } = all;
  const row = await deps.messages.get(request.message);
  if (row === undefined) return;
  const { state, owner, leaseUntil } = row;
  if (state === 'sent' || state === 'unknown') {
    return tellHanded(deps, all, row, state, row.history.findLast(({ status }) => status === state)?.at ?? now);
  }
  if (state !== 'sending' || owner === undefined || leaseUntil === undefined) return;
  if (leaseUntil > now)
    return again(deps, deps.provider.channel, request, Math.min(900, Math.ceil((leaseUntil - now) / 1000)));
  const isLost = await deps.messages.unknown(
    row.id,
    owner,
    now,
    'its sender was lost between the taking and the answer',
  );
  if (isLost) await tellHanded(deps, all, row, 'unknown', now);
}

/** Repeated by every delivery: its sender may have died between the row and the telling. */
async function tellHanded(
  deps: SenderDeps,
  all: Case,
  row: Draft,
  state: 'sent' | 'unknown',
  at: EpochMs,
): Promise<void> {
  await letGoOn(deps, all);
  await tellProfile(deps, all.snapshot, row, state, at);
}

/** Gate 0 AGAIN: an exit between the first read and the take is not overlooked. */
async function leftMeanwhile(deps: SenderDeps, all: Case, owner: string, draft: Draft): Promise<boolean> {
  const { source } = all.request;
  if (source.kind !== 'journey' || !isExited(await deps.runs.get(source.run), all.snapshot)) return false;
  if (await deps.messages.giveUp(draft.id, owner, 'suppressed', 'exited', deps.clock())) {
    await giveBack(deps, all);
    await deps.facts.tell([messageFact(draft, 'suppressed:exited', all.now)]);
  }
  return true;
}

interface Ready {
  content: Rendered;
  links: string[];
  unsubscribeUrl: string;
}

async function renderFor(deps: SenderDeps, all: Case, channel: Channel): Promise<Ready | RenderError> {
  const { request, home, template, run } = all;
  const secret = await deps.secret();
  const unsubscribeUrl = `${deps.publicUrl}/u/${unsubscribeToken(secret, request.message)}`;
  const links: string[] = [];
  const link = (url: string) => `${deps.publicUrl}/c/${linkToken(secret, request.message, links.push(url) - 1)}`;
  const own = request.data ?? {};
  const data = run === undefined ? { data: own, event: own } : liquidData(run.data);
  const computed = computedTraits(home.activity, all.snapshot, deps.clock());
  const told = withToldTraits(home.profile, { at: request.at, traits: request.traits ?? {} });
  const variables = { ...data, profile: profileForLiquid(told, computed), unsubscribeUrl };
  const { sms, locale } = all.snapshot.settings;
  const options = { locale: home.profile?.locale ?? locale, sms, compiled: all.compiled, link, class: template.class };
  try {
    const content = render(template, channel, variables, options);
    return content === undefined
      ? new RenderError(`the template has nothing for ${channel}`)
      : { content, links, unsubscribeUrl };
  } catch (error) {
    if (error instanceof RenderError) return error;
    throw error;
  }
}

/**
 * Step 7, last: counted atomically by message id, so that a retry finds its own, and by the channel that it now goes by; the reason where it
 * would be too many.
 */
async function countOrRefuse(deps: SenderDeps, all: Case, channel: Channel): Promise<string | undefined> {
  const { request, template, snapshot, home, now } = all;
  if (template.class === 'transactional') return undefined;
  const { source } = request;
  const journey = source.kind === 'journey' ? await journeyOf(deps, source.id, source.version) : undefined;
  const caps = capsFor(snapshot, source, journey);
  const send: CountedSend = {
    at: now,
    channel,
    ...(template.topic === undefined ? {} : { topic: template.topic }),
    ...(source.kind === 'journey' ? { source: `journey:${source.id}` } : {}),
  };
  const timezone = home.profile?.timezone ?? snapshot.settings.timezone;
  let over: string | undefined;
  await deps.profiles.changeSends(home.key, (sends) => {
    over = undefined;
    const { [request.message]: own, ...others } = sends;
    if (own?.channel === channel) return undefined;
    over = overCap(caps, send, others, timezone, now);
    return over === undefined ? counted(others, request.message, send) : undefined;
  });
  return over;
}

async function journeyOf(deps: SenderDeps, id: string, version: number): Promise<Journey | undefined> {
  return (await deps.catalog.version('journeys', id, version))?.definition;
}

/** A message that will never be sent does not count. */
async function giveBack(deps: SenderDeps, { request, home, template }: Case): Promise<void> {
  if (template.class === 'transactional') return;
  await deps.profiles.changeSends(home.key, (sends) => {
    if (sends[request.message] === undefined) return undefined;
    const { [request.message]: _gone, ...others } = sends;
    return others;
  });
}

function envelopeOf({ request, home, template }: Case, target: Target, { content, unsubscribeUrl }: Ready): Envelope {
  const { source } = request;
  return {
    message: request.message,
    profile: home.key,
    template: request.template.id,
    source: source.kind === 'journey' ? `journey:${source.id}:${source.node}` : `api:${source.id}`,
    target,
    content,
    ...(template.class === 'marketing' ? { unsubscribeUrl } : {}),
  };
}

async function record(deps: SenderDeps, all: Case, draft: Draft, owner: string, outcome: Outcome): Promise<void> {
  const now = deps.clock();
  switch (outcome.kind) {
    case 'sent': {
      const channel = deps.provider.channel;
      const isNew = await deps.messages.sent(draft.id, owner, now, channel, outcome.providerId);
      await keepTokens(deps, all, outcome);
      if (isNew) await deps.facts.tell([messageFact(draft, 'sent', now)]);
      return tellHanded(deps, all, draft, 'sent', now);
    }
    case 'unknown':
      await deps.messages.unknown(draft.id, owner, now, outcome.detail);
      await keepTokens(deps, all, outcome);
      return tellHanded(deps, all, draft, 'unknown', now);
    // Before it goes back to the queue: the next delivery goes by what the tokens are then.
    case 'temporary':
      await keepTokens(deps, all, outcome);
      return retry(deps, all, draft, owner, outcome.detail, now);
    case 'permanent':
      await keepTokens(deps, all, outcome);
      return nextChannel(deps, all, draft, owner, outcome, now);
  }
}

/** The row says first how the message ended: whoever parks the run for it later sees that (`park` in carry-out.ts). */
async function letGoOn(deps: SenderDeps, { request }: Case): Promise<void> {
  const { source, released } = request;
  if (source.kind !== 'journey' || !released) return;
  const run = await deps.runs.get(source.run);
  if (run?.status !== 'parked' || run.claim?.by !== 'held' || run.node !== source.node) return;
  await deps.enrolments.send([{ body: { entry: run.entry, leg: run.leg + 1 } }]);
}

async function keepTokens(deps: SenderDeps, { home }: Case, { tokens }: Outcome): Promise<void> {
  for (const [token, status] of Object.entries(tokens?.marked ?? {}))
    await deps.profiles.markAddress(home.key, 'push', token, status);
  for (const [old, renewed] of Object.entries(tokens?.renewed ?? {}))
    await deps.profiles.markAddress(home.key, 'push', old, 'bad', renewed);
}

/** Released first, queued after: a crash between leaves the queue's own delivery to try again. */
async function retry(
  deps: SenderDeps,
  all: Case,
  draft: Draft,
  owner: string,
  detail: string,
  now: EpochMs,
): Promise<void> {
  const { request } = all;
  const attempt = request.attempt ?? 0;
  const firstTryAt = request.firstTryAt ?? now;
  const delay = retryDelay(attempt, firstTryAt, now);
  if (delay === undefined) return pass(deps, all, draft, owner, 'provider-unavailable', detail, now);
  await deps.messages.release(draft.id, owner, now, detail);
  await again(deps, deps.provider.channel, { ...request, attempt: attempt + 1, firstTryAt }, delay);
}

async function nextChannel(
  deps: SenderDeps,
  all: Case,
  draft: Draft,
  owner: string,
  outcome: Extract<Outcome, { kind: 'permanent' }>,
  now: EpochMs,
): Promise<void> {
  const address = addressOf(all, deps.provider.channel);
  if (outcome.address !== undefined && address !== undefined) {
    await deps.profiles.markAddress(all.home.key, deps.provider.channel, address, outcome.address);
  }
  await pass(deps, all, draft, owner, 'provider-permanent', outcome.detail, now);
}

function addressOf({ home }: Case, channel: Channel): string | undefined {
  return channel === 'push' ? undefined : home.profile?.addresses[channel]?.value;
}

/** This channel is given up; the gate says at the next delivery which one is left, or that none is. */
async function pass(
  deps: SenderDeps,
  all: Case,
  draft: Draft,
  owner: string,
  reason: string,
  detail: string,
  now: EpochMs,
): Promise<void> {
  const { channel } = deps.provider;
  await deps.messages.release(draft.id, owner, now, detail);
  const { attempt: _attempt, firstTryAt: _first, ...request } = all.request;
  await again(deps, channel, { ...request, passed: [...(request.passed ?? []), { channel, reason }] }, 0);
}
