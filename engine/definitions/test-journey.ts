import type { Pins } from '../../core/definitions/pins.ts';
import { testedEvent } from '../../core/events/internal.ts';
import { type EntryId, type EpochMs, hashId } from '../../core/ids.ts';
import { isTestAccount } from '../../core/profiles/test-account.ts';
import { invalidAt } from '../errors.ts';
import type { Queue } from '../ports.ts';
import { findProfile } from '../profiles/find-profile.ts';
import { eventOut } from '../profiles/outgoing.ts';
import type { ProfileStore } from '../profiles/ports.ts';
import type { JourneyLifecycleDeps } from './deps.ts';
import { type Found, newestVersion, wrongState } from './lifecycle.ts';
import { journeyLifecycle } from './lifecycles/journeys.ts';
import { requireHead } from './read-definition.ts';
import { checkAndPin } from './submit.ts';

export interface TestDeps extends JourneyLifecycleDeps {
  profiles: Pick<ProfileStore, 'home'>;
  queues: JourneyLifecycleDeps['queues'] & { events: Pick<Queue, 'send'> };
}

export interface JourneyTest {
  id: string;
  profileId: string;
  /** No stop rests for longer, in ms. */
  waits: number;
  data: Record<string, unknown>;
  /** Identifies the call: a repeat of it is the same run. */
  cause: string;
  at: EpochMs;
}

/**
 * Lets a test account walk the newest version. A draft gets its state machines now, under the names that its publication would give them, and the
 * run carries the pins that a submission would set now. Then the entry is an event of the account's, which needs nothing to be live.
 */
export async function testJourney(deps: TestDeps, test: JourneyTest): Promise<EntryId> {
  const { id, profileId, waits, data, cause, at } = test;
  const head = await requireHead(deps, 'journeys', id);
  if (head.latest <= (head.archivedUpTo ?? 0)) throw wrongState('An archived version cannot be tested.');
  const found = await findProfile(deps, profileId);
  if (found === undefined) throw invalidAt('/profileId', 'there is no profile of that id');
  if (!isTestAccount(found.profile)) throw invalidAt('/profileId', 'needs the trait testAccount, with the value true');
  const version = await newestVersion(deps, 'journeys', id, head);
  const entry = hashId('test', id, found.home.key, cause);
  const terms = { waits, ...(version.pins === undefined ? await prepared(deps, { id, head, version }) : {}) };
  const event = testedEvent({ entry, journey: id, version: head.latest, data, test: terms }, at);
  await deps.queues.events.send([eventOut(found.home.key, event)]);
  return entry;
}

async function prepared(deps: TestDeps, draft: Found<'journeys'>): Promise<{ pins: Pins }> {
  const { pins } = await checkAndPin(deps, journeyLifecycle, draft);
  await journeyLifecycle.prepare(deps, draft.id, draft.head.latest, draft.version.definition);
  return { pins };
}
