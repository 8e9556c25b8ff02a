import { compress } from '../../core/compression.ts';
import type { ProfileKey } from '../../core/ids.ts';
import type { Profile } from '../../core/profiles/profile.ts';
import { isConditionMet } from './conditional-write.ts';
import { expression, NOT_THERE } from './expressions.ts';
import type { Table } from './table.ts';

/** Puts `#PROFILE`; false: its `pv` moved, or it is fenced. */
export function putProfile(rows: Table, key: ProfileKey, before: Profile | undefined, next: Profile): Promise<boolean> {
  const body = compress({ ...next, pv: undefined, mergedInto: undefined });
  return isConditionMet(
    rows.put(
      { pk: key, sk: '#PROFILE', pv: next.pv, body },
      before ? expression`#pv = ${before.pv} AND attribute_not_exists(#mergedInto)` : NOT_THERE,
    ),
  );
}
