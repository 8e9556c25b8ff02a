import type { Profile } from '../profiles/profile.ts';

/** What Liquid calls `profile`: the id and all traits that are set or computed. */
export function profileForLiquid(
  profile: Profile | undefined,
  computed: Record<string, unknown>,
): Record<string, unknown> {
  const traits = Object.entries(profile?.traits ?? {}).filter(([, entry]) => entry.value !== null);
  return {
    ...Object.fromEntries(traits.map(([name, entry]) => [name, entry.value])),
    ...computed,
    id: profile?.identity.id,
  };
}
