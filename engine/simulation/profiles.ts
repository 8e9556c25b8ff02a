import type { CairnEvent } from '../../core/events/event.ts';
import type { Activity } from '../../core/profiles/activity.ts';
import type { Recorder } from '../../core/simulation/recorder.ts';
import type { Customer } from '../../core/simulation/synthetic-customer.ts';
import type { SenderDeps } from '../messages/deps.ts';
import type { ReceiptDeps } from '../messages/record-receipt.ts';
import type { ProfileDeps } from '../profiles/deps.ts';
import type { CurrentProfile } from '../profiles/ports.ts';
import type { RunDeps } from '../runs/deps.ts';
import { simulatedAddresses } from './addresses.ts';
import { simulatedTimeline } from './timeline.ts';

export type Profiles = ProfileDeps['profiles'] & RunDeps['profiles'] & SenderDeps['profiles'] & ReceiptDeps['profiles'];

/** Data that the simulation starts with, and a read that it may still make. */
export interface Stored extends Customer {
  activity: Activity;
  /** In order. */
  events: CairnEvent[];
  readEntered: Profiles['readEntered'];
}

/** One customer's items in memory. Nothing is written elsewhere, and no profiles are merged. */
export function simulatedProfiles(stored: Stored, recorder: Recorder) {
  const { key } = stored;
  let { activity, profile, consents, sends } = stored;
  const home = async (): Promise<CurrentProfile> => ({
    key,
    activity,
    profile,
    consents,
    consentFenced: false,
    settled: true,
    unfinishedMerges: [],
  });

  const profiles: Profiles = {
    query: home,
    home,
    readProfile: async () => profile,
    readActivity: async () => activity,
    async commitActivity(_key, _expected, next) {
      activity = next;
      return true;
    },
    async updateProfile(_key, _before, next) {
      profile = next;
      return true;
    },
    async addConsents(_key, _entries, fold) {
      consents = fold(consents);
      return consents;
    },
    readSends: async () => sends,

    async changeSends(_key, next) {
      sends = next(sends) ?? sends;
      return sends;
    },
    ...simulatedTimeline(stored.events),
    storedEffects: async (effects) => effects.filter((effect) => effect.kind !== 'stored'),
    ...simulatedMembers(recorder),
    ...simulatedEntries(stored.readEntered),
    ...simulatedAddresses(stored.records ?? []),
    // Messages arrive nowhere here, and other owners of an address are not simulated.
    recordDelivery: async () => {},
    byAddress: async () => ({ keys: [] }),
    renewAddress: async () => {},
    dropAddress: async () => true,
    removeLookUps: async () => {},
    // Simulated events are new, so no older repeat is looked for.
    putOlderIds: async () => {},
    olderIds: async () => new Set<string>(),
    ...NO_MERGES,
  };
  return {
    profiles,
    activity: () => activity,
    profile: () => profile,
  };
}

type Part<Method extends keyof Profiles> = Pick<Profiles, Method>;

/** Last entries into journeys; earlier ones are read from the real table. */
function simulatedEntries(readEntered: Profiles['readEntered']): Part<'putEntered' | 'readEntered'> {
  const entered = new Map<string, { entry: string; at: number }>();
  return {
    async putEntered(_key, slot, entry) {
      entered.set(slot, entry);
    },
    readEntered: async (of, slot) => entered.get(slot) ?? readEntered(of, slot),
  };
}

function simulatedMembers(recorder: Recorder): Part<'setMember'> {
  /** Tag or segment → version of the commit that changed it. */
  const members = new Map<string, number>();
  return {
    async setMember(_key, tag, on, v) {
      // This effect was executed before, or a newer one was.
      if (v <= (members.get(tag) ?? 0)) return;
      members.set(tag, v);
      const isSegment = tag.startsWith('segment:');
      const what = isSegment ? { segment: tag.slice('segment:'.length) } : { tag };
      recorder.add(isSegment ? 'segment' : 'tag', { ...what, on });
    },
  };
}

const noMerges = (): never => {
  throw new Error('nobody is merged in a simulation');
};
const NO_MERGES = {
  fenceActivity: noMerges,
  fence: noMerges,
  repoint: noMerges,
  foldInto: noMerges,
  mergedKeys: async () => ({ keys: [], more: false }),
  mergedUnder: noMerges,
  mergedTree: noMerges,
  movableItems: noMerges,
  putItems: noMerges,
  removeItems: noMerges,
  emptyItem: noMerges,
};
