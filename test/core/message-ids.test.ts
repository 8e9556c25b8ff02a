import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  bucketOf,
  instantText,
  messageBucketOf,
  messageIdOf,
  messageIdOfRecipient,
  requestedAtOf,
} from '../../core/ids.ts';

const run = { entry: 'run-1', profile: 'profile-1' };
const LAST = 2 ** 45 - 1;
const instants = fc.integer({ min: 0, max: LAST });

it('an id names the bucket of its profile and its instant, and is one for each visit', () => {
  const id = messageIdOf(run, 1_793_840_406_000, 'hello', 1);
  expect(id).toMatch(/^[a-z2-7]{26}$/);
  expect(bucketOf(id)).toBe(messageBucketOf('profile-1'));
  expect(requestedAtOf(id)).toBe(1_793_840_406_000);
  const others = [
    messageIdOf(run, 1_793_840_406_000, 'hello', 2),
    messageIdOf(run, 1_793_840_406_000, 'bye', 1),
    messageIdOf({ ...run, entry: 'run-2' }, 1_793_840_406_000, 'hello', 1),
  ];
  expect(new Set([id, ...others]).size).toBe(4);
  expect(messageIdOf(run, 1_793_840_406_000, 'hello', 1)).toBe(id);
});

it('ids of a profile sort as their instants do', () => {
  fc.assert(
    fc.property(instants, instants, (a, b) => {
      expect(instantText(a) < instantText(b)).toBe(a < b);
      expect(requestedAtOf(messageIdOf(run, a, 'hello', 1))).toBe(a);
    }),
  );
  expect(instantText(-5)).toBe(instantText(0));
  expect(instantText(Number.MAX_SAFE_INTEGER)).toBe(instantText(LAST));
});

it('an id of a recipient is one for each campaign, occurrence and profile, in the bucket of the profile', () => {
  const of = { campaign: 'spring', occurrence: '20261130T020000Z', at: 1_793_840_406_000 };
  const id = messageIdOfRecipient(of, 'profile-1');
  expect(id).toMatch(/^[a-z2-7]{26}$/);
  expect([bucketOf(id), requestedAtOf(id)]).toEqual([messageBucketOf('profile-1'), of.at]);
  const others = [
    messageIdOfRecipient({ ...of, campaign: 'autumn' }, 'profile-1'),
    messageIdOfRecipient({ ...of, occurrence: '20261130T020000Z-x' }, 'profile-1'),
    messageIdOfRecipient(of, 'profile-2'),
  ];
  // Two profiles of one bucket are told apart by the rest.
  expect(new Set([id, ...others].map((one) => one.slice(17))).size).toBe(4);
  expect(messageIdOfRecipient(of, 'profile-1')).toBe(id);
});
