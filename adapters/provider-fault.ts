import { PROVIDER_REFUSED } from '../core/metrics/log-lines.ts';
import type { Outcome } from '../engine/messages/ports.ts';
import type { Log } from '../engine/ports.ts';
import { wasNeverSent } from './never-sent.ts';

/** Error names of throttling, by the second or by the day. A spent budget is not among them. */
const THROTTLED = new Set(['ThrottlingException', 'Throttling', 'TooManyRequestsException', 'LimitExceededException']);
/** Error names by which services say that a request was not carried out and may be retried. */
const TEMPORARY = new Set([
  'ServiceQuotaExceededException',
  'InternalFailure',
  'InternalServerException',
  'InternalServerErrorException',
  'InternalServiceErrorException',
  'ServiceUnavailable',
  'ServiceUnavailableException',
  'SendingPausedException',
]);

/**
 * Maps an SDK's error to the outcome of a message. It is `unknown` after a timeout, and after a 5xx that is none of the service's own errors: what
 * stands in between may have lost the answer to a request that the provider took. 503 says that nobody took it.
 */
export function faultOutcome(error: unknown, log: Pick<Log, 'error'>): Outcome {
  if (!(error instanceof Error)) return { kind: 'unknown', detail: String(error) };
  const status = statusOf(error);
  const detail = `${error.name}: ${error.message}`.slice(0, 500);
  if (THROTTLED.has(error.name) || status === 429) return { kind: 'throttled', detail };
  if (TEMPORARY.has(error.name) || status === 503) return { kind: 'temporary', detail };
  if (wasNeverSent(error)) return { kind: 'temporary', detail };
  if (status !== undefined && status >= 400 && status < 500) {
    // Only the name is logged: a provider's message may contain an address.
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
