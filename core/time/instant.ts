import type { EpochMs } from '../ids.ts';

/** ISO 8601 in UTC with milliseconds. */
export const iso = (at: EpochMs): string => new Date(at).toISOString();

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/;

/** Epoch ms of an ISO 8601 instant with an offset; undefined for anything else. */
export function parseInstant(text: string): EpochMs | undefined {
  if (!INSTANT.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}
