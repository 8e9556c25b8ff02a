import type { Addresses } from '../channels/registry.ts';
import type { EpochMs, ProfileKey } from '../ids.ts';
import type { Warning } from './warnings.ts';

/** `#PROFILE`: who the customer is. Changed by conditional updates on `pv`. */
export interface Profile {
  /** The id behind the key. */
  identity: { kind: 'user' | 'anonymous'; id: string };
  pv: number;
  /** Name → value with the timestamp and event that set it; `null` value = removed (kept so that an older set does not return). */
  traits: Record<string, TraitEntry>;
  addresses: Addresses;
  timezone?: string;
  locale?: string;
  /** When an SDK's context changed them: an older event does not change them back. */
  seen?: { timezone?: EpochMs; locale?: EpochMs };
  /** Group id → traits from `group` calls. */
  groups?: Record<string, Record<string, TraitEntry>>;
  /** Warnings about data that was accepted but could not be stored, newest first. */
  warnings?: Warning[];
  mergedInto?: ProfileKey;
}

export interface TraitEntry {
  value: unknown;
  ts: EpochMs;
  /** Tie-breaker for equal `ts`: the event's `rankOf`. */
  by: string;
}

/** `CONSENT`: key (`sms`, `sms:offers`) → latest entry. Later wins; of equal instants, false. */
export interface ConsentEntry {
  granted: boolean;
  at: EpochMs;
  source: 'sdk' | 'page' | 'stop' | 'one-click' | 'api' | 'import';
  actor?: string;
  text?: string;
  /** Granted by an SDK's stamp, which counts only while there is no other statement. */
  stamp?: true;
}
export type Consents = Record<string, ConsentEntry>;
