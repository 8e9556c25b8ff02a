import type { CairnEvent } from '../../../core/events/event.ts';
import type { ConsentEntry, Profile } from '../../../core/profiles/profile.ts';
import { foldTraits } from '../../../core/profiles/traits.ts';

export const ANN: Profile['identity'] = { kind: 'user', id: 'ann' };
export const CHINA = { country: 'CN' };

/** An event with that message id and instant; by default an `identify` with a server key. */
export const event = (id: string, at: number, more: Partial<CairnEvent> = {}): CairnEvent => ({
  id,
  type: 'identify',
  at,
  receivedAt: at,
  index: 0,
  key: 'server',
  ...more,
});
export const identify = (id: string, at: number, traits: Record<string, unknown>): CairnEvent =>
  event(id, at, { traits });

export const profile = (more: Partial<Profile> = {}): Profile => ({
  identity: ANN,
  pv: 1,
  traits: {},
  addresses: {},
  ...more,
});

/** The profile after these events, in this order. */
export function folded(events: readonly CairnEvent[], before?: Profile, settings = CHINA): Profile {
  const next = foldTraits(before, ANN, events, settings);
  if (next === undefined) throw new Error('there is no profile');
  return next;
}

/** Names and values, `createdAt` left out unless it is asked for. */
export const values = ({ traits }: Profile): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(traits)
      .filter(([name]) => name !== 'createdAt')
      .map(([name, { value }]) => [name, value]),
  );

export const consent = (granted: boolean, at: number, more: Partial<ConsentEntry> = {}): ConsentEntry => ({
  granted,
  at,
  source: 'api',
  ...more,
});
