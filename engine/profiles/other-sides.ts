import type { CairnEvent, EventsMessage } from '../../core/events/event.ts';
import { type ProfileKey, profileKeyOfAnonymous, profileKeyOfUser } from '../../core/ids.ts';
import type { Profile } from '../../core/profiles/profile.ts';
import type { ProfileDeps } from './deps.ts';

/** A survivor that does not exist yet gets its own identity before another profile's traits are merged into it. */
export async function introduce(
  deps: ProfileDeps,
  key: ProfileKey,
  message: EventsMessage,
  profile: Profile | undefined,
): Promise<void> {
  if (profile !== undefined || message.identity === undefined) return;
  // Refused: another executor has just created it.
  await deps.profiles.updateProfile(key, undefined, { identity: message.identity, pv: 1, traits: {}, addresses: {} });
}

/**
 * `previousId` is looked up as a user, then as an anonymous profile; of one that nobody has heard of yet, both lead to the survivor from now on:
 * what was sent before the alias may come after it.
 * An alias of a client key merges an anonymous profile alone, and nothing where the id is a user's.
 */
export async function otherSides(deps: ProfileDeps, event: CairnEvent): Promise<ProfileKey[]> {
  if (event.from === undefined) return [];
  const { kind, id } = event.from;
  const [user, anonymous] = [profileKeyOfUser(id), profileKeyOfAnonymous(id)];
  if (kind === 'user') return [user];
  if (kind === 'anonymous' && event.type !== 'alias') return [anonymous];
  if ((await deps.profiles.readActivity(user)) !== undefined) return kind === 'either' ? [user] : [];
  if (kind === 'anonymous') return [anonymous];
  return (await deps.profiles.readActivity(anonymous)) === undefined ? [user, anonymous] : [anonymous];
}
