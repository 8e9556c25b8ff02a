import type { CairnEvent } from '../../core/events/event.ts';
import { triggeredEvent } from '../../core/events/internal.ts';
import { type EntryId, entryIdOf, type ProfileKey } from '../../core/ids.ts';
import { emptyActivity, runSlot } from '../../core/profiles/activity.ts';
import { DomainError } from '../errors.ts';
import { caughtUp } from './caught-up.ts';
import { rulesFor } from './commit-events.ts';
import type { ProfileDeps, Refusal } from './deps.ts';
import { endsAmong, withoutEnds } from './ended-runs.ts';
import { evaluateTags } from './evaluate-tags.ts';
import { evaluateEntry } from './journey-entry.ts';
import { eventOut } from './outgoing.ts';
import type { CurrentProfile } from './ports.ts';
import { processEvents } from './process-events.ts';

export interface Trigger {
  profile: ProfileKey;
  journey: string;
  key?: string;
  data?: Record<string, unknown>;
  /** Identifies the call: a repeat of it is the same entry. */
  cause: string;
}

export type Triggered = { entered: true; run: EntryId } | { entered: false; reason: Refusal };

/** Most merges that are followed. Beyond it, the queue enters the profile. */
const MAX_MOVES = 5;

/**
 * Enters a profile into a live journey and returns whether it entered. The entry is an event like any other. It is first queued for the profile's
 * message group and then committed here, just as `process-events` commits. If the call breaks off in between, the queue completes it, and a repeat of
 * the call finds the run.
 */
export async function triggerRun(deps: ProfileDeps, trigger: Trigger): Promise<Triggered> {
  const event = triggeredEvent(trigger, trigger.cause, deps.clock());
  let isQueued = false;
  for (let moves = 0; moves < MAX_MOVES; moves += 1) {
    const home = await deps.profiles.home(trigger.profile);
    const run = entryIdOf(trigger.journey, trigger.key ?? '', home.key, event.id);
    if (await isEntered(deps, home, trigger, run)) return { entered: true, run };
    const refused = await refusalOf(deps, home, trigger, event);
    if (refused !== undefined) return { entered: false, reason: refused };
    if (!isQueued) await deps.events.send([eventOut(home.key, event)]);
    isQueued = true;
    await processEvents(
      // A trigger never reports on a message.
      { ...deps, feedback: async () => undefined },
      { profile: home.key, events: [event] },
      { attributes: { MessageGroupId: home.key } },
    );
    const after = await deps.profiles.home(home.key);
    if (await isEntered(deps, after, trigger, run)) return { entered: true, run };
    // The commit has refused the entry, or the profile was merged: then the survivor is asked.
    if (after.key === home.key)
      return { entered: false, reason: (await refusalOf(deps, after, trigger, event)) ?? 'open' };
  }
  throw new Error(`${trigger.profile} is merged too often`);
}

/** Returns whether the entry is committed: the run is listed as open, or its item exists (it may have ended since). */
async function isEntered(deps: ProfileDeps, home: CurrentProfile, trigger: Trigger, run: EntryId): Promise<boolean> {
  const listed = home.activity?.openRuns[runSlot(trigger.journey, trigger.key ?? '')];
  return listed?.entry === run || (await deps.runs.get(run)) !== undefined;
}

async function refusalOf(
  deps: ProfileDeps,
  home: CurrentProfile,
  trigger: Trigger,
  event: CairnEvent,
): Promise<Refusal | undefined> {
  const now = deps.clock();
  const { snapshot, pointer } = await rulesFor(deps, [event], home.activity?.snapshotOf);
  const live = snapshot.journeys.find((one) => one.id === trigger.journey);
  if (live === undefined)
    throw new DomainError({ code: 'unavailable', detail: 'The journey is about to go live; try again in a moment.' });
  const committed = home.activity ?? emptyActivity();
  const { activity } = await caughtUp(
    deps,
    { key: home.key, profile: home.profile, activity: committed },
    snapshot,
    now,
  );
  const ends = await endsAmong(deps, Object.values(activity.openRuns), now);
  const open = withoutEnds(activity.openRuns, ends);
  const { tags } = evaluateTags(home.profile, activity, snapshot, now);
  const evaluated = { tags, features: activity.features };
  const candidate = {
    key: home.key,
    profile: home.profile,
    activity,
    fresh: [event],
    snapshot,
    pointer,
    evaluated,
    open,
    ends,
    live,
    event,
    now,
  };
  const admission = await evaluateEntry(deps, candidate);
  return admission !== undefined && 'refused' in admission ? admission.refused : undefined;
}
