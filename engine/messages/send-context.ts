import type { Pointer, Snapshot } from '../../core/catalog/snapshot.ts';
import type { Channel } from '../../core/channels/registry.ts';
import type { Compiled } from '../../core/definitions/definition.ts';
import type { EpochMs } from '../../core/ids.ts';
import { type Generations, handedOverAt } from '../../core/messages/message.ts';
import type { SendRequest } from '../../core/messages/send-request.ts';
import {
  isCounted,
  isOfOccurrence,
  ownerOf,
  runOf,
  type Source,
  sourceDefinitionOf,
} from '../../core/messages/source.ts';
import { type CountedSends, type SendKey, sendKeyOf } from '../../core/profiles/counted-sends.ts';
import type { Run } from '../../core/runs/run.ts';
import type { SendRules } from '../../core/sending/send-rules.ts';
import type { TemplateDefinition } from '../../core/templates/schema.ts';
import type { CurrentProfile } from '../profiles/ports.ts';
import type { SenderDeps } from './deps.ts';
import type { Draft } from './ports.ts';
import { publishMessageEvent } from './publish-message-event.ts';

/** A request, and all data with which it is evaluated. */
export interface SendContext {
  request: SendRequest;
  /** Absent too if the request carries the run's data: what is exited is then found after the take. */
  run: Run | undefined;
  home: CurrentProfile;
  /** The profile was read for half the price, and may be a moment old: only the last look makes it certain. */
  isEventual: boolean;
  template: TemplateDefinition;
  compiled: Compiled | undefined;
  /** The journey or campaign that sent the message, in its version; absent for a transactional message. */
  definition: SendRules | undefined;
  snapshot: Snapshot;
  pointer: Pointer;
  now: EpochMs;
}

export function draftOf(
  { request, home, template, pointer }: SendContext,
  channel: Channel | undefined,
  links?: string[],
): Draft {
  const generations = generationsOf(pointer, channel, request.source);
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
    ...(generations === undefined ? {} : { generations }),
  };
}

function generationsOf(
  { generations = {} }: Pointer,
  channel: Channel | undefined,
  source: Source,
): Generations | undefined {
  const own = { channel: generations[`channel:${channel}`] ?? 0, source: generations[ownerOf(source) ?? ''] ?? 0 };
  return own.channel === 0 && own.source === 0 ? undefined : own;
}

/** Puts the request on a channel's queue again. */
export async function requeue(
  deps: SenderDeps,
  channel: Channel,
  request: SendRequest,
  delaySeconds: number,
): Promise<void> {
  await deps.senders[channel].send([{ body: request, delaySeconds }]);
}

/** Every delivery repeats this, because its sender may have died between the row's update and the event. */
export async function notifySent(
  deps: SenderDeps,
  all: SendContext,
  row: Draft,
  state: 'sent' | 'unknown',
  at: EpochMs,
): Promise<void> {
  await resumeRun(deps, all);
  await publishMessageEvent(deps, all.snapshot, row, { status: state, at });
}

/**
 * The message's row is final before this call: an executor that parks the run for the message later sees that (`park` in finish-plan.ts). So the run
 * is read now: before, it may not have been parked yet.
 */
export async function resumeRun(deps: SenderDeps, all: SendContext): Promise<void> {
  const { source, released, rests } = all.request;
  const entry = runOf(source);
  // A repeat of the first request knows nothing of a release.
  if (entry === undefined || !(released || rests || isResting(all.run, source))) return;
  const run = await deps.runs.get(entry);
  if (run === undefined || !isResting(run, source)) return;
  await deps.enrolments.send([{ body: { entry: run.entry, leg: run.leg + 1 } }]);
}

/** Whether the run waits at its `send` until the message has ended. */
const isResting = (run: Run | undefined, source: SendRequest['source']): boolean =>
  run?.status === 'parked' && run.claim?.by === 'held' && run.node === sourceDefinitionOf(source)?.node;

/** Whether the message is counted: marketing for the caps, and any of a campaign, because a person gets one of an occurrence. */
export const isCountedIn = ({ request: { source }, template }: SendContext): boolean =>
  isCounted(source) && (template.class === 'marketing' || isOfOccurrence(source));

/**
 * Takes a message that will never be sent out of the cap counts; not what a later delivery has counted, because a person has sent it again. Where it is
 * the second try that is refused, the first counts as before: the customer may have it.
 */
export async function releaseCapCount(deps: SenderDeps, all: SendContext): Promise<void> {
  if (!isCountedIn(all)) return;
  const { request, home, now } = all;
  const key = sendKeyOf(request.message);
  const counted = await deps.profiles.changeSends(home.key, () => undefined);
  if (counted?.[key] === undefined) return;
  const row = await deps.messages.get(request.message);
  const handedOver = row && handedOverAt(row);
  await deps.profiles.changeSends(home.key, (sends) => {
    const { [key]: own, ...others } = sends;
    if (own === undefined || own.at > now) return undefined;
    return handedOver === undefined ? others : countedFrom(sends, key, handedOver);
  });
}

/** What caps count of a message that was handed over at an instant, and perhaps counted anew since. Undefined: nothing changes. */
export function countedFrom(sends: CountedSends, key: SendKey, handedOver: EpochMs): CountedSends | undefined {
  const { [key]: own } = sends;
  return own === undefined || own.at <= handedOver ? undefined : { ...sends, [key]: { ...own, at: handedOver } };
}
