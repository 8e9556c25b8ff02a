import * as z from 'zod';
import { DefinitionIdSchema } from '../../definition-id.ts';
import { memoizeByObject } from '../../memoize.ts';
import { eventsOf, type MessageWas, MessageWasSchema } from '../message-status.ts';
import { WithinSchema } from '../within.ts';
import { evaluateEvents } from './event.ts';
import type { EventCondition } from './event-schema.ts';
import { requirementsOfEvents } from './measure-requirements.ts';
import type { Predicate } from './predicate.ts';

/**
 * `{"template": "promo", "was": "clicked", "within": "30d"}`: some message of the template, from any journey or campaign. Opens and clicks by
 * machines never count.
 */
export interface TemplateCondition {
  template: string;
  was: MessageWas;
  /** A duration or `ever`, which is the default. */
  within?: string;
}

/** Translates the condition to one on our own events. Returns the same object each time. */
const asEvents = memoizeByObject(
  (condition: TemplateCondition): EventCondition => ({
    event: eventsOf(condition.was),
    where: { template: condition.template, machine: { ne: true } },
    within: condition.within,
  }),
);

export const template: Predicate<TemplateCondition> = {
  schema: () =>
    z.strictObject({ template: DefinitionIdSchema, was: MessageWasSchema, within: WithinSchema.optional() }),
  evaluate: (condition, context) => evaluateEvents(asEvents(condition), context),
  references: (condition) => ({ templates: [condition.template], events: eventsOf(condition.was) }),
  requirements: (condition) => requirementsOfEvents(asEvents(condition)),
};
