import { entryEvents } from '../../core/catalog/entry-events.ts';
import type { CairnEvent, EventsMessage } from '../../core/events/event.ts';
import { FROM_APPS } from '../../core/events/system-events.ts';
import type { ProfileKey } from '../../core/ids.ts';
import { emptyActivity } from '../../core/profiles/activity.ts';
import { CONFLICT, retryOnConflict } from '../../core/retry-on-conflict.ts';
import { commitFresh } from './commit-events.ts';
import type { ProcessEventsDeps } from './deps.ts';
import { executeEffects } from './execute-effects.ts';
import { forwardToSurvivor } from './forward-to-survivor.ts';
import { completeFenced, merge, target } from './merges/merge.ts';
import { introduce, otherSides } from './other-sides.ts';
import { unseen } from './unseen-events.ts';

/** Works the events of a profile in its own group: merges first, then the rest in one commit. */
export async function processProfileEvents(
  deps: ProcessEventsDeps,
  message: EventsMessage,
  isFirstTry: boolean,
): Promise<void> {
  const { events } = message;
  /** Ids of a commit that was refused. If they are known after it, no client has sent them twice: this commit, or another executor's, was carried out. */
  const tried = new Set<string>();
  const note = (fresh: CairnEvent[], accepted: CairnEvent[], entries?: ReadonlySet<string>) =>
    deps.counts?.add(
      { events: events.filter((event) => !tried.has(event.id) || fresh.includes(event)), fresh, accepted, entries },
      isFirstTry,
    );
  const key = message.profile;
  const merged = new Set<string>();
  return retryOnConflict(
    async (attempt) => {
      const read = await deps.profiles.query(key);
      const activity = read.activity ?? emptyActivity();
      if (activity.mergedInto !== undefined) return forwardToSurvivor(deps, key, activity, message, isFirstTry);
      if (message.after !== undefined && attempt === 0) {
        await target(deps, message.after);
        return CONFLICT;
      }

      const fresh = await unseen(deps, key, activity, events);
      if (fresh.length === 0) {
        note([], []);
        return executeEffects(deps, key, activity.pending, { isRepeat: true });
      }

      const toMerge = fresh.filter((event) => event.from !== undefined && !merged.has(event.id));
      if (toMerge.length > 0) {
        await introduce(deps, key, message, read.profile);
        for (const event of toMerge) {
          for (const other of await otherSides(deps, event)) {
            // A merge into a profile that is fenced outside the aliases' group could close a cycle.
            if (event.from?.kind === 'either') await completeFenced(deps, other);
            else await merge(deps, other, key);
          }
          merged.add(event.id);
        }
        return CONFLICT;
      }
      const taken = await withoutFalseReports(deps, key, fresh);
      if (taken.length === 0) {
        note(fresh, []);
        return executeEffects(deps, key, activity.pending, { isRepeat: true });
      }
      const done = await commitFresh(deps, { key, message, read, activity, fresh: taken });
      if (done === undefined) {
        for (const { id } of taken) tried.add(id);
        return CONFLICT;
      }
      note(fresh, taken, entryEvents(done.snapshot));
      return executeEffects(deps, key, done.committed.pending, {
        known: new Map(taken.map((event) => [event.id, event])),
      });
    },
    () => new Error(`${key} changed too often`),
  );
}

/**
 * Apps report opened and clicked push messages as events. A report is recorded before the commit, because recording it twice has no effect. Client
 * reports about any other message are dropped.
 */
async function withoutFalseReports(
  deps: ProcessEventsDeps,
  key: ProfileKey,
  fresh: CairnEvent[],
): Promise<CairnEvent[]> {
  const taken: CairnEvent[] = [];
  for (const event of fresh) {
    const isReport = event.key !== 'cairn' && event.name !== undefined && FROM_APPS.has(event.name);
    const reported = isReport ? await deps.feedback(event, key) : undefined;
    if (!isReport || reported !== undefined || event.key === 'server') taken.push(reported ?? event);
  }
  return taken;
}
