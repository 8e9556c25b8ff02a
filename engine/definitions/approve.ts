import type { Kind } from '../../core/definitions/definition.ts';
import { DomainError } from '../errors.ts';
import type { LifecycleDeps } from './deps.ts';
import { type Changed, requireStatus, transition, type Verb } from './lifecycle.ts';

/** submitted → approved. The approver must not have written any version since the last published one. */
export function approve<K extends Kind, Deps extends LifecycleDeps>(verb: Verb<K, Deps>): Promise<Changed> {
  return transition(verb, async (found) => {
    requireStatus(verb.of.noun, found.head, 'approved', 'submitted');
    if (found.head.authors.includes(verb.caller.sub)) {
      throw new DomainError({
        code: 'forbidden',
        detail: 'Who wrote a version since the last published one cannot approve it.',
      });
    }
    return { ...found.head, status: 'approved', approver: verb.caller.sub };
  });
}

/** submitted or approved → draft; the comment stays in its view until it is submitted again. */
export function reject<K extends Kind, Deps extends LifecycleDeps>(
  verb: Verb<K, Deps>,
  comment: string,
): Promise<Changed> {
  return transition(verb, async (found) => {
    requireStatus(verb.of.noun, found.head, 'rejected', 'submitted', 'approved');
    const { pins: _pins, approver: _approver, ...rest } = found.head;
    const rejected = { by: verb.caller.sub, at: verb.deps.clock(), comment, version: rest.latest };
    return { ...rest, status: 'draft', rejected };
  });
}
