import type { Profile } from '../profiles/profile.ts';

/** Where the customer is and what they read, where their profile does not say: the settings'. */
export interface Place {
  timezone: string;
  locale: string;
}

/**
 * What Liquid calls `profile`: `id`, `timezone`, `locale`, and all traits that are set or computed, each by its name and under `traits`.
 */
export function profileForLiquid(
  profile: Profile | undefined,
  computed: Record<string, unknown>,
  { timezone, locale }: Place,
): Record<string, unknown> {
  const set = Object.entries(profile?.traits ?? {}).filter(([, entry]) => entry.value !== null);
  const traits = { ...Object.fromEntries(set.map(([name, entry]) => [name, entry.value])), ...computed };
  return {
    ...traits,
    traits,
    id: profile?.identity.id,
    timezone: profile?.timezone ?? timezone,
    locale: profile?.locale ?? locale,
  };
}

/** The same of an imagined profile: its traits stand by themselves or, as in a simulation, under `traits`. */
export function imaginedForLiquid(
  given: Record<string, unknown>,
  { timezone, locale }: Place,
): Record<string, unknown> {
  const { traits = given } = given;
  const named = typeof traits === 'object' && traits !== null ? traits : {};
  return { timezone, locale, ...given, ...named, traits: named };
}
