import { MAX_BODY_BYTES, queueBytes } from '../../adapters/sqs/queue.ts';
import { DomainError } from '../../engine/errors.ts';

/** Ids, instants and names that are added to the client's data. */
const ENVELOPE_BYTES = 4 * 1024;

/** Throws a 413 for data that no queue accepts, before anything is done. `path` is its place in the request. */
export function requireQueueable(value: unknown, path: string): void {
  const most = MAX_BODY_BYTES - ENVELOPE_BYTES;
  if (value === undefined || queueBytes(value) <= most) return;
  const message = `may have ${most} bytes as JSON`;
  throw new DomainError({ code: 'too-large', detail: `What ${path} holds ${message}.`, errors: [{ path, message }] });
}
