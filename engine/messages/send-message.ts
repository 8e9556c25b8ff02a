import type { Channel } from '../../core/channels/registry.ts';
import type { Compiled } from '../../core/definitions/definition.ts';
import type { SendRequest } from '../../core/messages/send-request.ts';
import { runOf, type Source, sourceDefinitionOf } from '../../core/messages/source.ts';
import { OPEN_MS } from '../../core/policies/breaker.ts';
import type { Verdict } from '../../core/sending/gate.ts';
import { type SendRules, sendRulesOfCampaign } from '../../core/sending/send-rules.ts';
import type { TemplateDefinition } from '../../core/templates/schema.ts';
import { durationMs } from '../../core/time/duration.ts';
import { PoisonError } from '../errors.ts';
import { defer } from './defer-message.ts';
import type { SenderDeps } from './deps.ts';
import { mayReadEventually, withEventualReads } from './eventual-reads.ts';
import { gateByAddress } from './gate-by-address.ts';
import { handOver } from './hand-over.ts';
import { hold } from './hold-message.ts';
import { refusalOf, refuse } from './refuse-message.ts';
import { reopenMessage } from './reopen-message.ts';
import { hasRunExited } from './run-exited.ts';
import { requeue, type SendContext } from './send-context.ts';
import { isTaken } from './taken-addresses.ts';
import { withinRate } from './within-rate.ts';

/** First delay before a merge under way is checked again; the delay then grows up to the maximum, so that few deliveries wait for many minutes. */
const UNSETTLED_SECONDS = 5;
const MAX_UNSETTLED_SECONDS = 80;

/**
 * `docs/protocols.md#sending`: rate, gate, render, caps, take, gate again, provider, result. Any number of deliveries hand the provider one message.
 */
export const sendMessage = (deps: SenderDeps, request: SendRequest): Promise<void> =>
  withinRate(deps, request, sendNow);

async function sendNow(deps: SenderDeps, request: SendRequest): Promise<void> {
  const { template, resend } = request;
  // The function that asked for the resend may have died before this write.
  if (resend !== undefined) await reopenMessage(deps, request, resend);
  const version = await deps.catalog.version('templates', template.id, template.version);
  if (version === undefined) throw new PoisonError(`template ${template.id} has no version ${template.version}`);
  if (mayReadEventually(version.definition, request)) {
    const all = await contextOf(deps, request, version, true);
    const asked = all.home.settled ? await askGate(await withEventualReads(deps, all), all) : undefined;
    // Only that it may be sent is found out later. All else is asked of what is certain.
    if (asked !== undefined && 'send' in asked.verdict && asked.verdict.send.channel === deps.provider.channel) {
      if (await handOver(deps, asked.all, asked.verdict.send, asked.isProbe)) return;
    }
  }
  await sendByConsistentReads(deps, await contextOf(deps, request, version, false));
}

async function sendByConsistentReads(deps: SenderDeps, read: SendContext): Promise<void> {
  if (!read.home.settled) {
    const { request } = read;
    const waits = request.waits ?? 0;
    const delay = Math.min(MAX_UNSETTLED_SECONDS, UNSETTLED_SECONDS * 2 ** waits);
    return requeue(deps, deps.provider.channel, { ...request, waits: waits + 1 }, delay);
  }
  const { verdict, isProbe, all } = await askGate(deps, read);
  if (!('send' in verdict) && (await hasRunExited(deps, all)))
    return refuse(deps, all, 'suppressed', refusalOf('exited'));
  if ('refuse' in verdict) return refuse(deps, all, 'suppressed', refusalOf(verdict.refuse), verdict.channel);
  if ('hold' in verdict) return hold(deps, all, verdict.hold);
  if ('defer' in verdict) return defer(deps, expiring(all), verdict.defer, verdict.target.channel);
  const { channel } = verdict.send;
  if (channel !== deps.provider.channel) return requeue(deps, channel, onNewChannel(all.request), 0);
  await handOver(deps, all, verdict.send, isProbe);
}

/** All data with which a message is evaluated. */
async function contextOf(
  deps: SenderDeps,
  request: SendRequest,
  { definition, compiled }: { definition: TemplateDefinition; compiled?: Compiled },
  isEventual: boolean,
): Promise<SendContext> {
  const { source } = request;
  const entry = runOf(source);
  return {
    request,
    run: entry === undefined || request.runData !== undefined ? undefined : await deps.runs.get(entry),
    home: await deps.profiles.home(request.profile, { isEventual }),
    isEventual,
    template: definition,
    compiled,
    definition: definition.class === 'marketing' ? await definitionOf(deps, source) : undefined,
    ...(await deps.catalog.snapshot()),
    now: deps.clock(),
  };
}

interface Asked {
  verdict: Verdict;
  isProbe: boolean;
  /** As it was asked, without what the message passes over. */
  all: SendContext;
}

/**
 * Asks the gate. An address that is another recipient's is passed over. If the provider's breaker lets one message probe it and this is another one, the
 * gate is asked as of an open breaker.
 */
async function askGate(deps: SenderDeps, all: SendContext): Promise<Asked> {
  const verdict = await gateByAddress(deps, all);
  const { name, channel } = deps.provider;
  if (!('send' in verdict) || verdict.send.channel !== channel) return { verdict, isProbe: false, all };
  if (await isTaken(deps, all, channel)) return askGate(deps, passingOver(all, channel));
  const { breakers } = all.pointer;
  const breaker = breakers?.[name];
  if (breaker === undefined) return { verdict, isProbe: false, all };
  if (await deps.breakers.claim(deps.provider, breaker.until)) return { verdict, isProbe: true, all };
  const open = { ...breakers, [name]: { ...breaker, until: all.now + OPEN_MS } };
  return {
    verdict: await gateByAddress(deps, { ...all, pointer: { ...all.pointer, breakers: open } }),
    isProbe: false,
    all,
  };
}

const passingOver = (all: SendContext, channel: Channel): SendContext => ({
  ...all,
  request: { ...all.request, passed: [...(all.request.passed ?? []), { channel, reason: 'duplicate' }] },
});

/** Also a transactional message does not wait for ever. */
function expiring(all: SendContext): SendContext {
  const { request, snapshot, now } = all;
  const validUntil = request.validUntil ?? now + durationMs(snapshot.settings.validFor.transactional);
  return { ...all, request: { ...request, validUntil } };
}

/** Tries are those on one channel. */
function onNewChannel(request: SendRequest): SendRequest {
  const { attempt: _attempt, firstTryAt: _first, throttled: _throttled, ...fresh } = request;
  return fresh;
}

/** The window and caps of the definition that sent the message, in its version. */
async function definitionOf({ catalog }: SenderDeps, source: Source): Promise<SendRules | undefined> {
  const { kind, id, version = 0 } = sourceDefinitionOf(source) ?? {};
  if (kind === undefined || id === undefined) return undefined;
  if (kind === 'journeys') return (await catalog.version(kind, id, version))?.definition;
  const campaign = await catalog.version(kind, id, version);
  return campaign && sendRulesOfCampaign(campaign.definition, source);
}
