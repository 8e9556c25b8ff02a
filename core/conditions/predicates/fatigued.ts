import * as z from 'zod';
import { type Channel, ChannelSchema } from '../../channels/registry.ts';
import { MESSAGE_EVENTS } from '../../events/system-events.ts';
import type { EpochMs } from '../../ids.ts';
import { memoizeByObject } from '../../memoize.ts';
import { durationMs } from '../../time/duration.ts';
import { type Evaluation, FALSE, turning } from '../evaluation.ts';
import type { EvaluationContext, FatigueRule } from '../evaluation-context.ts';
import type { EventRequirement, Row } from '../event-requirement.ts';
import type { Where } from '../where.ts';
import type { Predicate } from './predicate.ts';

/**
 * `{"fatigued": "email"}`: by `settings.fatigue`, the newest messages that were sent on the channel were all opened and none of them was clicked; holds
 * until `for` after the newest of those openings.
 */
export interface FatiguedCondition {
  fatigued: Channel;
}

interface FatigueRequirements {
  sent: EventRequirement;
  opened: EventRequirement;
  clicked: EventRequirement;
}

/** Openings and clicks of older messages that may come after those of the newest ones, and do not displace them. */
const OLDER_MESSAGES = 50;

const { sent, opened, clicked } = MESSAGE_EVENTS;

/** Returns the same object each time. */
const requirementsOfRule = memoizeByObject(({ channel, opened: newest }: FatigueRule): FatigueRequirements => {
  const byHumans: Where = { channel, machine: { ne: true } };
  const keep = newest + OLDER_MESSAGES;
  return {
    sent: { kind: 'distinct', events: [sent.name], where: { channel }, of: 'messageId', keep: newest },
    opened: { kind: 'distinct', events: [opened.name], where: byHumans, of: 'messageId', keep },
    clicked: { kind: 'distinct', events: [clicked.name], where: byHumans, of: 'messageId', keep },
  };
});

const ofChannel = (channel: Channel, rules: readonly FatigueRule[]): FatigueRule[] =>
  rules.filter((rule) => rule.channel === channel);

/** Several rules of a channel: any of them suffices. */
function evaluate({ fatigued: channel }: FatiguedCondition, context: EvaluationContext): Evaluation {
  const verdicts = ofChannel(channel, context.fatigue ?? []).map((rule) => evaluateRule(rule, context));
  const fatiguedUntil = verdicts.filter(({ is }) => is).map(({ changesAt = 0 }) => changesAt);
  return fatiguedUntil.length > 0 ? { is: true, changesAt: Math.max(...fatiguedUntil) } : FALSE;
}

function evaluateRule(rule: FatigueRule, context: EvaluationContext): Evaluation {
  const requirements = requirementsOfRule(rule);
  const newest = newestOfEach(context.events.rows(requirements.sent, context)).slice(0, rule.opened);
  if (newest.length < rule.opened) return FALSE;
  const openedAt = new Map(newestOfEach(context.events.rows(requirements.opened, context)));
  const wasClicked = new Map(newestOfEach(context.events.rows(requirements.clicked, context)));
  const openings = newest.map(([message]) => (wasClicked.has(message) ? undefined : openedAt.get(message)));
  const known = openings.filter((at) => at !== undefined);
  return known.length < openings.length ? FALSE : turning(true, Math.max(...known) + durationMs(rule.for), context.now);
}

/** The messages, and when each had its last event, newest first. */
const newestOfEach = (rows: ReturnType<EvaluationContext['events']['rows']>): [message: Row['value'], at: EpochMs][] =>
  [...new Map(rows.map(({ value, at }) => [value, at]))]
    .filter(([value]) => value !== undefined)
    .sort(([, a], [, b]) => b - a);

export const fatigued: Predicate<FatiguedCondition> = {
  schema: () => z.strictObject({ fatigued: ChannelSchema }),
  evaluate,
  references: () => ({ events: [sent.name, opened.name, clicked.name] }),
  requirements: (condition, fatigue) =>
    ofChannel(condition.fatigued, fatigue).flatMap((rule) => Object.values(requirementsOfRule(rule))),
};
