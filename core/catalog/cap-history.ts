import { longestCapMs, MIN_CAP_HISTORY_MS } from '../definitions/caps.ts';
import type { Snapshot } from './snapshot.ts';

/** Returns how long counted sends are kept: as far back as any live cap looks. */
export const capHistoryMs = ({ settings, longestCaps = {} }: Pick<Snapshot, 'settings' | 'longestCaps'>): number =>
  Math.max(MIN_CAP_HISTORY_MS, longestCapMs(settings.caps), ...Object.values(longestCaps));
