import type { CairnEvent } from '../../core/events/event.ts';
import { foldTraits } from '../../core/profiles/traits.ts';
import { CONFLICT, retryOnConflict } from '../../core/retry-on-conflict.ts';
import type { CatalogStore } from '../definitions/ports.ts';
import { DomainError } from '../errors.ts';
import type { Clock, Queue, Sequence } from '../ports.ts';
import type { FoundProfile } from './find-profile.ts';
import { eventOut } from './outgoing.ts';
import type { ProfileStore } from './ports.ts';

interface PatchDeps {
  profiles: Pick<ProfileStore, 'home' | 'updateProfile'>;
  catalog: Pick<CatalogStore, 'snapshot'>;
  queues: { events: Queue };
  clock: Clock;
  sequence: Sequence;
  /** So many random bytes as text. */
  random: (bytes: number) => string;
}

/**
 * `docs/protocols.md#traits-consents-and-sends-from-elsewhere`: the message to the profile's message group first (a crash afterwards loses nothing), then the profile itself, so that whoever
 * reads next sees it. Both fold the same event; the order of traits makes one of it.
 */
export async function patchTraits(
  deps: PatchDeps,
  found: FoundProfile,
  traits: Record<string, unknown>,
): Promise<void> {
  const at = deps.clock();
  const event: CairnEvent = {
    id: deps.random(16),
    type: 'identify',
    at,
    receivedAt: at,
    sequence: deps.sequence(),
    index: 0,
    traits,
    key: 'server',
  };
  await deps.queues.events.send([eventOut(found.home.key, event)]);
  const { settings } = (await deps.catalog.snapshot()).snapshot;
  await retryOnConflict(
    async () => {
      const { key, profile } = await deps.profiles.home(found.home.key);
      const next = foldTraits(profile, profile?.identity ?? found.profile.identity, [event], settings);
      if (next === undefined || next === profile) return undefined;
      const written = { ...next, pv: (profile?.pv ?? 0) + 1 };
      return (await deps.profiles.updateProfile(key, profile, written)) ? undefined : CONFLICT;
    },
    () =>
      new DomainError({
        code: 'unavailable',
        detail: 'The profile is being merged; the traits will be there in a moment.',
      }),
  );
}
