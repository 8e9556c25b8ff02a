import { PROVIDER_REFUSED } from '../core/metrics/log-lines.ts';
import type { Outcome } from '../engine/messages/ports.ts';
import type { Log } from '../engine/ports.ts';

/** Names of errors by which AWS says that there is too much at once, in a second or in a day. A budget that is spent is not among them. */
const THROTTLED = new Set(['ThrottlingException', 'Throttling', 'TooManyRequestsException', 'LimitExceededException']);
/** And that a request was not carried out and may be tried again. */
const TEMPORARY = new Set([
  'ServiceQuotaExceededException',
  'InternalServerException',
  'InternalServerErrorException',
  'ServiceUnavailableException',
  'SendingPausedException',
]);
/** Node's own words for a connection that was never made. */
const NEVER_LEFT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);
/** The SDK's words for the same: unlike a request's, a connection's timeout has no code. */
const NEVER_CONNECTED = /did not establish a connection/;

/** What an SDK's error says of a message. A timeout after the request left says nothing: `unknown`. */
export function faultOutcome(error: unknown, log: Pick<Log, 'error'>): Outcome {
  if (!(error instanceof Error)) return { kind: 'unknown', detail: String(error) };
  const status = statusOf(error);
  const detail = `${error.name}: ${error.message}`.slice(0, 500);
  if (THROTTLED.has(error.name) || status === 429) return { kind: 'throttled', detail };
  if (TEMPORARY.has(error.name) || (status !== undefined && status >= 500)) return { kind: 'temporary', detail };
  if (NEVER_LEFT.has(codeOf(error)) || NEVER_CONNECTED.test(error.message)) return { kind: 'temporary', detail };
  if (status !== undefined && status >= 400) {
    // The name alone: a provider's sentence may hold an address.
    log.error(PROVIDER_REFUSED, { fault: error.name });
    return { kind: 'permanent', detail };
  }
  return { kind: 'unknown', detail };
}

function statusOf(error: Error): number | undefined {
  const metadata: unknown = '$metadata' in error ? error.$metadata : undefined;
  const status: unknown =
    typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata
      ? metadata.httpStatusCode
      : undefined;
  return typeof status === 'number' ? status : undefined;
}

const codeOf = (error: Error): string => ('code' in error ? String(error.code) : '');
