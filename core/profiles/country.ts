import type { Settings } from '../definitions/settings.ts';
import type { Profile } from './profile.ts';

/** The country (ISO 3166) of a customer: their trait `country`, else that of the settings. */
export function countryOf(profile: Profile | undefined, settings: Pick<Settings, 'country'>): string {
  const own = profile?.traits.country?.value;
  return typeof own === 'string' && /^[A-Za-z]{2}$/.test(own.trim()) ? own.trim().toUpperCase() : settings.country;
}
