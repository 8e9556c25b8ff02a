import { contentHash } from '../../core/definitions/canonical.ts';
import type { Kind } from '../../core/definitions/definition.ts';
import { DomainError } from '../errors.ts';
import type { LifecycleDeps } from './deps.ts';
import { type Changed, transition, type Verb, wrongState } from './lifecycle.ts';

/**
 * Makes the live version the newest one again. The discarded version stays in the table: its number is never used again, because functions may hold
 * it in memory.
 */
export function discardDraft<K extends Kind, Deps extends LifecycleDeps>(verb: Verb<K, Deps>): Promise<Changed> {
  const { deps, of, id } = verb;
  const { kind } = of.kind;
  return transition(verb, async ({ head }) => {
    const { published } = head;
    if (published === undefined)
      throw wrongState(`No version of it is published: DELETE the ${of.noun}, or go on with the draft.`);
    if (published === head.latest) throw new DomainError({ code: 'not-found', detail: `${kind}/${id} has no draft.` });
    const live = await deps.definitions.version(kind, id, published);
    if (live === undefined) throw new Error(`${kind}/${id} has lost its version ${published}`);
    const { pins: _pins, approver: _approver, rejected: _rejected, warnings: _warnings, ...rest } = head;
    return { ...rest, latest: published, hash: contentHash(live.definition), status: 'published', authors: [] };
  });
}
