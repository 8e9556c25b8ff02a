import { MAX_BODY_BYTES, queueBytes } from '../../adapters/sqs/queue.ts';
import { DomainError } from '../../engine/errors.ts';

/** Ids, instants and names beside what a client sends. */
const ENVELOPE_BYTES = 4 * 1024;

/** 413 for what no queue would take: it is refused before anything is promised. `path` is where it stands in what was sent. */
export function requireQueueable(value: unknown, path: string): void {
  const most = MAX_BODY_BYTES - ENVELOPE_BYTES;
  if (value === undefined || queueBytes(value) <= most) return;
  const message = `may have ${most} bytes as JSON`;
  throw new DomainError({ code: 'too-large', detail: `What ${path} holds ${message}.`, errors: [{ path, message }] });
}
