import type { Profile } from '../profiles/profile.ts';

/** The customer's place and language if their profile does not say: those of the settings. */
export interface RegionalDefaults {
  timezone: string;
  locale: string;
}

/** The `profile` of Liquid: `id`, `timezone`, `locale`, and all set or computed traits, each by its name and under `traits`. */
export function profileForLiquid(
  profile: Profile | undefined,
  computed: Record<string, unknown>,
  { timezone, locale }: RegionalDefaults,
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

/** The same for a synthetic profile: its traits are at the top level or, as in a simulation, under `traits`. */
export function syntheticForLiquid(
  given: Record<string, unknown>,
  { timezone, locale }: RegionalDefaults,
): Record<string, unknown> {
  const { traits = given } = given;
  const named = typeof traits === 'object' && traits !== null ? traits : {};
  return { timezone, locale, ...given, ...named, traits: named };
}
