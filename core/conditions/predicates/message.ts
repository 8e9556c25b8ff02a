import * as z from 'zod';
import { constant } from '../evaluation.ts';
import { impliedBy, type MessageWas, MessageWasSchema } from '../message-status.ts';
import type { Predicate } from './predicate.ts';

/**
 * `{"message": "remind", "was": "clicked"}`: compares the history of this run's newest message of that node. Opens and clicks by machines never
 * count.
 */
export interface MessageCondition {
  message: string;
  was: MessageWas;
}

export const message: Predicate<MessageCondition> = {
  journeyOnly: true,
  schema: () => z.strictObject({ message: z.string().min(1, 'must be a node'), was: MessageWasSchema }),
  evaluate(condition, context) {
    const statuses: readonly string[] = impliedBy(condition.was);
    const history = context.run?.message(condition.message)?.history ?? [];
    return constant(history.some(({ status, machine }) => !machine && statuses.includes(status)));
  },
  references: (condition) => ({ messages: [condition.message] }),
};
