import type { Profile } from './profile.ts';

/** A profile that templates may be tested with: one of the team's own. */
export const isTestAccount = (profile: Pick<Profile, 'traits'> | undefined): boolean =>
  profile?.traits.testAccount?.value === true;
