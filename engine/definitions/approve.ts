import { DomainError } from '../errors.ts';
import { type Changed, move, requireStatus, type Verb } from './lifecycle.ts';

/** submitted → approved. The approver must not have written any version since the last published one. */
export function approve(verb: Verb): Promise<Changed> {
  return move(verb, async (found) => {
    requireStatus(found, 'approved', 'submitted');
    if (found.head.authors.includes(verb.caller.sub)) {
      throw new DomainError({
        code: 'forbidden',
        detail: 'Who wrote a version since the last published one cannot approve it.',
      });
    }
    return { ...found.head, status: 'approved', approver: verb.caller.sub };
  });
}

/** submitted or approved → draft. The comment stays in the journey's view until the journey is submitted again. */
export function reject(verb: Verb, comment: string): Promise<Changed> {
  return move(verb, async (found) => {
    requireStatus(found, 'rejected', 'submitted', 'approved');
    const { pins: _pins, approver: _approver, ...rest } = found.head;
    const rejected = { by: verb.caller.sub, at: verb.deps.clock(), comment, version: rest.latest };
    return { ...rest, status: 'draft', rejected };
  });
}
