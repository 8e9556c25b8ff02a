import { turned } from '../../core/events/internal.ts';
import type { EpochMs } from '../../core/ids.ts';
import type { Activity } from '../../core/profiles/activity.ts';
import type { DueMessage } from '../../core/profiles/due-message.ts';
import { MOST_ATTEMPTS, type ProfileDeps } from '../shared/profiles/deps.ts';
import { dueMessage, effects } from '../shared/profiles/effects.ts';
import { foldFeatures, judge, memberEffects, NEAR_MS } from '../shared/profiles/judge.ts';
import { complete } from '../shared/profiles/merge.ts';
import { touches } from '../shared/profiles/next-activity.ts';

/** A message that came early by no more than this is sent again with the rest; a dueAt farther off is the tick's. */
const EARLY_MS = 30_000;

/** What of a profile is due: sliding tags, a merge to complete, effects left pending. `protocols.md`, A, due(P). */
export async function due(deps: ProfileDeps, { profile: key }: DueMessage): Promise<void> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
    const read = await deps.profiles.query(key);
    const { activity } = read;
    if (activity === undefined) return;
    if (activity.mergedInto !== undefined) return activity.done ? undefined : complete(deps, key);
    const now = deps.clock();
    if (activity.dueAt === undefined || activity.dueAt > now) return early(deps, key, activity, now);

    await effects(deps, key, activity.pending, { isRepeat: true });
    const { snapshot } = await deps.catalog.snapshot();
    const folded = await foldFeatures(deps, key, activity, snapshot, [], now);
    const judged = judge(
      read.profile,
      { features: folded.features, tags: activity.tags, openRuns: activity.openRuns },
      snapshot,
      now,
    );
    const version = activity.version + 1;
    const near = judged.changesAt !== undefined && judged.changesAt - now < NEAR_MS;
    const next: Activity = {
      ...activity,
      ...folded,
      version,
      tags: judged.tags,
      dueAt: judged.changesAt,
      pv: read.profile?.pv ?? activity.pv,
      pending: [
        ...memberEffects(judged.flips, version, now),
        ...(await touches(
          deps,
          activity.openRuns,
          judged.flips.map(({ id, on }) => turned(id, on, version, now)),
        )),
        ...(near && judged.changesAt !== undefined ? [{ kind: 'due' as const, at: judged.changesAt }] : []),
      ],
    };
    if (!(await deps.profiles.commitActivity(key, activity.version, next))) continue;
    return effects(deps, key, next.pending);
  }
  throw new Error(`${key} changed too often`);
}

async function early(deps: ProfileDeps, key: string, activity: Activity, now: EpochMs): Promise<void> {
  await effects(deps, key, activity.pending, { isRepeat: true });
  if (activity.dueAt !== undefined && activity.dueAt - now <= EARLY_MS) {
    await deps.due.send([dueMessage(key, activity.dueAt, now)]);
  }
}
