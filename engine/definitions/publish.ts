import type { Head, Kind } from '../../core/definitions/definition.ts';
import type { LifecycleDeps } from './deps.ts';
import {
  type Changed,
  type Found,
  requireStatus,
  transition,
  updateLiveRules,
  type Verb,
  wrongState,
} from './lifecycle.ts';
import { submittedHead } from './submit.ts';

/**
 * approved → published (from draft or submitted where the settings require no approval). In this order, each step repeatable: what the version runs
 * on (machines), its pins, head, live rules; nothing of it can come to be before the last.
 */
export async function publish<K extends Kind, Deps extends LifecycleDeps>(verb: Verb<K, Deps>): Promise<Changed> {
  const { deps, of, id, caller } = verb;
  const required = (await deps.catalog.snapshot()).snapshot.settings.approval.required;
  const changed = await transition(verb, async (found) => {
    if (found.head.status === 'published') {
      // An earlier call may have broken off before its last step.
      await updateLiveRules(verb);
      await of.admit(deps, id, caller.sub);
      throw wrongState('The newest version is published already.');
    }
    if (required) requireStatus(of.noun, found.head, 'published', 'approved');
    else requireStatus(of.noun, found.head, 'published', 'approved', 'submitted', 'draft');
    const head = found.head.pins === undefined ? await submittedHead(deps, of, found) : found.head;
    return published(verb, found, head);
  });
  await updateLiveRules(verb);
  await of.admit(deps, id, caller.sub);
  return changed;
}

async function published<K extends Kind, Deps extends LifecycleDeps>(
  { deps, of }: Verb<K, Deps>,
  { id, version }: Found<K>,
  head: Head,
): Promise<Head> {
  await of.prepare(deps, id, head.latest, version.definition);
  const pins = head.pins ?? { templates: {}, journeys: {} };
  // The write is refused only if a later publisher came first: then the head has changed too.
  await deps.definitions.pinVersion(of.kind.kind, id, head.latest, pins, { rev: head.rev, at: deps.clock() });
  return { ...head, status: 'published', published: head.latest, authors: [] };
}
