import { createHash } from 'node:crypto';
import type { EpochMs } from '../../core/ids.ts';
import type { SendRequest } from '../../core/messages/send-request.ts';
import type { SenderDeps } from './deps.ts';
import { requeue } from './send-context.ts';

/** The longest delay of a queue. */
const MAX_DELAY_SECONDS = 900;
/** Longest pause of a message whose place in the line has come and that finds no token. */
const MAX_AGAIN_SECONDS = 8;

/**
 * Does the work of a message if `settings.rates` has a token for its provider, else lets it wait on its own queue: it then comes anew, to the whole gate,
 * and is never a failed receive. A token whose message is not handed over is given back. Without a rate it asks nothing.
 */
export async function withinRate(
  deps: SenderDeps,
  request: SendRequest,
  work: (deps: SenderDeps, request: SendRequest) => Promise<void>,
): Promise<void> {
  const { inLine, ...fresh } = request;
  const { provider, rates } = deps;
  const perSecond = (await deps.catalog.snapshot()).snapshot.settings.rates[provider.channel];
  const now = deps.clock();
  // The gate says of an expired message that it is.
  if (perSecond === undefined || now > (request.validUntil ?? now)) return work(deps, fresh);
  const priority = request.priority ?? 'now';
  const isBefore = inLine !== undefined && now + 1_000 < inLine.at;
  if (isBefore || !(await rates.take(provider.name, priority, perSecond))) {
    const at = inLine?.at ?? (await rates.lineUp(provider.name, priority, perSecond));
    const times = inLine === undefined || isBefore ? 0 : inLine.times + 1;
    const waits = times === 0 ? (at - now) / 1_000 : againSeconds(request.message, times);
    return requeue(deps, provider.channel, { ...fresh, inLine: { at, times } }, delayOf(waits, request, now));
  }

  let isUsed = false;
  const counting = {
    ...provider,
    send: (envelope: Parameters<typeof provider.send>[0]) => {
      isUsed = true;
      return provider.send(envelope);
    },
  };
  try {
    await work({ ...deps, provider: counting }, fresh);
  } finally {
    if (!isUsed) rates.returnToken(provider.name, priority);
  }
}

/** At least a second; a message that expires meanwhile comes when it has. */
function delayOf(seconds: number, { validUntil }: SendRequest, now: EpochMs): number {
  const left = validUntil === undefined ? MAX_DELAY_SECONDS : Math.floor((validUntil - now) / 1_000) + 1;
  return Math.max(1, Math.min(MAX_DELAY_SECONDS, Math.ceil(seconds), left));
}

/** Different for different messages, so that those of one second do not come together again. */
function againSeconds(message: string, times: number): number {
  const share = createHash('sha256').update(`${message}:${times}`).digest().readUInt32BE(0) / 2 ** 32;
  return 1 + share * Math.min(MAX_AGAIN_SECONDS, 2 ** times);
}
