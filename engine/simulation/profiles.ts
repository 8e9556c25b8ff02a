import { type CairnEvent, inOrder } from '../../core/events/event.ts';
import type { Activity } from '../../core/profiles/activity.ts';
import { type AddressRecord, addressId, normalAddress } from '../../core/profiles/address-record.ts';
import type { Customer } from '../../core/simulation/imagined.ts';
import type { Recorder } from '../../core/simulation/recorder.ts';
import type { SenderDeps } from '../messages/deps.ts';
import type { ReceiptDeps } from '../messages/record-receipt.ts';
import type { ProfileDeps } from '../profiles/deps.ts';
import type { CurrentProfile } from '../profiles/ports.ts';
import type { RunDeps } from '../runs/deps.ts';

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
  const records = new Map((stored.records ?? []).map((record) => [addressId(record), record]));
  const events = [...stored.events];
  const entered = new Map<string, { entry: string; at: number }>();
  /** Tag or segment → version of the commit that changed it. */
  const members = new Map<string, number>();
  const home = async (): Promise<CurrentProfile> => ({
    key,
    activity,
    profile,
    consents,
    consentFenced: false,
    settled: true,
    unswept: [],
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
    async changeSends(_key, next) {
      sends = next(sends) ?? sends;
      return sends;
    },
    async putEvents(_key, batch) {
      for (const event of batch) insert(events, event);
      return new Map(batch.map(({ id }) => [id, { id, pk: key, sk: '' }]));
    },
    async history(_key, { from, names }) {
      const young = events.slice(firstFrom(events, from));
      return {
        events: names === undefined ? young : young.filter(({ name }) => names.has(name ?? '')),
        places: new Map(),
      };
    },
    eventsAt: async () => events,
    storedEffects: async (effects) => effects.filter((effect) => effect.kind !== 'stored'),
    async setMember(_key, tag, on, v) {
      // This effect was executed before, or a newer one was.
      if (v <= (members.get(tag) ?? 0)) return;
      members.set(tag, v);
      const isSegment = tag.startsWith('segment:');
      const what = isSegment ? { segment: tag.slice('segment:'.length) } : { tag };
      recorder.add(isSegment ? 'segment' : 'tag', { ...what, on });
    },
    async putEntered(_key, slot, entry) {
      entered.set(slot, entry);
    },
    readEntered: async (of, slot) => entered.get(slot) ?? stored.readEntered(of, slot),
    addressRecords: async (refs) => new Map(refs.flatMap((ref) => recordAt(records, addressId(ref)))),
    async markAddress(ref, status, at, reason) {
      const { channel } = ref;
      const marked = { channel, value: normalAddress(channel, ref.value), status, statusAt: at, reason };
      records.set(addressId(ref), { ...records.get(addressId(ref)), ...marked });
      return true;
    },
    async answerAddress(ref, granted, at) {
      records.set(addressId(ref), { ...records.get(addressId(ref)), ...ref, answer: { granted, at } });
    },
    // Messages arrive nowhere here, and other owners of an address are not simulated.
    noteDelivery: async () => {},
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

const recordAt = (records: Map<string, AddressRecord>, id: string): [string, AddressRecord][] => {
  const record = records.get(id);
  return record === undefined ? [] : [[id, record]];
};

const noMerges = (): never => {
  throw new Error('nobody is merged in a simulation');
};
const NO_MERGES = {
  fenceActivity: noMerges,
  fence: noMerges,
  repoint: noMerges,
  fencedBody: noMerges,
  fencedProfile: noMerges,
  foldInto: noMerges,
  mergedKeys: async () => ({ keys: [], more: false }),
  mergedUnder: noMerges,
  mergedTree: noMerges,
  movable: noMerges,
  putListed: noMerges,
  putUnder: noMerges,
  remove: noMerges,
  empty: noMerges,
};

/** Inserts the event in order; it is usually the newest. */
function insert(events: CairnEvent[], event: CairnEvent): void {
  let index = events.length;
  for (let before = events[index - 1]; before !== undefined && inOrder(before, event) > 0; before = events[index - 1])
    index -= 1;
  events.splice(index, 0, event);
}

/** Returns the index of the first event at or after `from`. The events are in order. */
function firstFrom(events: readonly CairnEvent[], from: number): number {
  let [low, high] = [0, events.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((events[middle]?.at ?? from) < from) low = middle + 1;
    else high = middle;
  }
  return low;
}
