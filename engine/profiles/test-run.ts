import type { CairnEvent } from '../../core/events/event.ts';
import type { Tested } from '../../core/events/internal.ts';
import type { ProfileKey } from '../../core/ids.ts';
import type { Activity, NewRun } from '../../core/profiles/activity.ts';
import type { Profile } from '../../core/profiles/profile.ts';
import { fitsRun } from '../../core/profiles/size-limits.ts';

/**
 * The run of a test. It asks for nothing that an entry asks for, and its slot is its own: neither it nor a run of a customer's keeps the other from
 * entering. Undefined: the profile lists too many runs.
 */
export function testRun(
  event: CairnEvent,
  { key: profile, profile: of }: { key: ProfileKey; profile: Profile | undefined },
  open: Activity['openRuns'],
): NewRun | undefined {
  // `tested` in core/events/internal.ts writes these properties.
  const { entry, journey, version, data, test } = event.properties as unknown as Tested;
  const key = `test ${entry}`;
  if (!fitsRun(Object.values(open), { journey, key })) return undefined;
  const timezone = of?.timezone === undefined ? {} : { timezone: of.timezone };
  return { entry, profile, journey, version, ...timezone, key, at: event.at, data, isTest: true, test };
}
