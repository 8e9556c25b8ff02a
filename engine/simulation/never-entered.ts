import { traitValues } from '../../core/conditions/comparison.ts';
import { elementsOf } from '../../core/conditions/paths.ts';
import type { EpochMs } from '../../core/ids.ts';
import type { Entry } from '../../core/journeys/schema.ts';
import { isTimed, nextTimedInstant, type TimedEntry } from '../../core/journeys/timed-entries.ts';
import { dateValue } from '../../core/time/date-value.ts';
import { iso } from '../../core/time/instant.ts';
import { traitsAt } from '../profiles/traits.ts';
import type { SimulationContext } from './context.ts';
import type { SimulatedFunctions } from './functions.ts';
import type { NEVER_CAME } from './refusals.ts';

/** A reason code, and the reason in words. */
interface NeverEntered {
  reason: (typeof NEVER_CAME)[number];
  detail: string;
  [field: string]: unknown;
}

/**
 * Returns why an entry that needs no event (a tag, segment, date or schedule) has not entered this customer so far; undefined if the journey has
 * another entry.
 */
export function neverEntered(context: SimulationContext, functions: SimulatedFunctions): NeverEntered | undefined {
  const { entry } = context.live.definition;
  if (isTimed(entry)) return neverCame(context, functions, entry);
  if ('tag' in entry) return neverTurned(context, entry);
  return 'segment' in entry ? neverTurned(context, entry) : undefined;
}

function neverTurned(
  { stored }: SimulationContext,
  entry: Extract<Entry, { tag: string } | { segment: string }>,
): NeverEntered {
  const [key, what, named] =
    'tag' in entry
      ? [entry.tag, `the tag ${entry.tag}`, { tag: entry.tag }]
      : [`segment:${entry.segment}`, `the segment ${entry.segment}`, { segment: entry.segment }];
  const isHeld = Object.hasOwn(stored.activity.tags, key);
  const [has, hasNot] = 'tag' in entry ? ['has', 'does not have'] : ['is in', 'is not in'];
  if (entry.on === 'added' || entry.on === 'entered')
    return isHeld
      ? {
          reason: 'has-already',
          ...named,
          detail: `the customer ${has} ${what} from the start: it was not ${entry.on}`,
        }
      : { reason: `not-${entry.on}`, ...named, detail: `${what} was not ${entry.on}` };
  return isHeld
    ? { reason: `not-${entry.on}`, ...named, detail: `${what} was not ${entry.on}` }
    : { reason: 'has-not', ...named, detail: `the customer ${hasNot} ${what} from the start: it was not ${entry.on}` };
}

function neverCame(context: SimulationContext, functions: SimulatedFunctions, entry: TimedEntry): NeverEntered {
  const { now } = functions.cloud;
  const person = personOf(context, functions, now);
  const trait = 'date' in entry ? entry.date.trait : undefined;
  const named = trait === undefined ? {} : { trait };
  if (trait !== undefined) {
    const values = elementsOf(traitValues(trait, person)).filter((value) => value !== undefined && value !== null);
    if (values.length === 0) return { reason: 'no-trait', ...named, detail: `the customer has no trait ${trait}` };
    if (values.every((value) => dateValue(value) === undefined))
      return { reason: 'no-date', ...named, detail: `the trait ${trait} holds no date that can be read` };
  }
  const next = nextTimedInstant(entry, person, now);
  const what = trait === undefined ? 'the schedule' : `the trait ${trait}`;
  return next === undefined
    ? { reason: 'past', ...named, detail: `the time of ${what} is past` }
    : { reason: 'later', ...named, next: iso(next.at), detail: `the time of ${what} is after the simulation's end` };
}

function personOf({ snapshot }: SimulationContext, { tables: { customer } }: SimulatedFunctions, now: EpochMs) {
  const profile = customer.profile();
  return {
    timezone: profile?.timezone ?? snapshot.settings.timezone,
    ...traitsAt(profile, customer.activity(), snapshot, now),
  };
}
