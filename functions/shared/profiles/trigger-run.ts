import { triggered } from '../../../core/events/internal.ts';
import { type EntryId, entryIdOf, type ProfileKey } from '../../../core/ids.ts';
import { emptyActivity, runSlot } from '../../../core/profiles/activity.ts';
import { admit, type Refusal } from './admission.ts';
import { caughtUp } from './caught-up.ts';
import type { ProfileDeps } from './deps.ts';
import { judge } from './judge.ts';
import { tagBatch } from './tag-batch.ts';

export interface Trigger {
  profile: ProfileKey;
  journey: string;
  key?: string;
  data?: Record<string, unknown>;
  /** Makes a repeat the same entry: the caller's Idempotency-Key, or random. */
  cause: string;
}

export type Triggered = { entered: true; run: EntryId } | { entered: false; reason: Refusal };

/** Enters a profile into a live journey and answers whether it did. The entry is an event like any other, committed as `tag` commits. */
export async function triggerRun(deps: ProfileDeps, trigger: Trigger): Promise<Triggered> {
  const home = await deps.profiles.home(trigger.profile);
  const now = deps.clock();
  const event = triggered(trigger, `${home.key}:${trigger.cause}`, now);
  const run = entryIdOf(trigger.journey, trigger.key ?? '', home.key, event.id);
  if ((await deps.runs.get(run)) !== undefined) return { entered: true, run };

  const { snapshot, pointer } = await deps.catalog.snapshot({ version: home.activity?.snapshotOf });
  const live = snapshot.journeys.find((one) => one.id === trigger.journey);
  if (live === undefined) throw new Error(`journey ${trigger.journey} is not live`);
  const committed = home.activity ?? emptyActivity();
  const { activity } = await caughtUp(deps, home.key, home.profile, committed, snapshot, now);
  const { tags } = judge(home.profile, activity, snapshot, now);
  const judged = { tags, features: activity.features };
  const candidate = {
    key: home.key,
    profile: home.profile,
    activity,
    fresh: [event],
    snapshot,
    pointer,
    judged,
    open: activity.openRuns,
    live,
    event,
    now,
  };
  const admission = await admit(deps, candidate);
  if (admission !== undefined && 'refused' in admission) return { entered: false, reason: admission.refused };

  await tagBatch(
    // A trigger reports on no message.
    { ...deps, feedback: async () => false },
    { profile: home.key, events: [event] },
    { attributes: { ...NO_ATTRIBUTES, MessageGroupId: home.key } },
  );
  const after = await deps.profiles.readActivity(home.key);
  const entered = after?.openRuns[runSlot(trigger.journey, trigger.key ?? '')]?.entry === run;
  return entered || (await deps.runs.get(run)) !== undefined
    ? { entered: true, run }
    : { entered: false, reason: 'open' };
}

/** What SQS would say of a record; only the group matters here. */
const NO_ATTRIBUTES = {
  ApproximateReceiveCount: '1',
  SentTimestamp: '0',
  SenderId: '',
  ApproximateFirstReceiveTimestamp: '0',
};
