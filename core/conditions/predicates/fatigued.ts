import * as z from 'zod';
import { type Channel, ChannelSchema } from '../../channels/registry.ts';
import { MESSAGE_EVENTS } from '../../events/system-events.ts';
import { durationMs } from '../../time/duration.ts';
import { type Evaluation, FALSE, turning } from '../evaluation.ts';
import type { EvaluationContext, FatigueRule } from '../evaluation-context.ts';
import type { EventRequirement } from '../event-requirement.ts';
import { eventsOf } from '../message-status.ts';
import type { Where } from '../where.ts';
import type { Predicate } from './predicate.ts';

/**
 * `{"fatigued": "email"}`: by `settings.fatigue`, the newest messages on the channel were opened and none was clicked since; holds until `for` after
 * the newest.
 */
export interface FatiguedCondition {
  fatigued: Channel;
}

interface FatigueNeeds {
  opened: EventRequirement;
  clicked: EventRequirement;
}
const known = new WeakMap<FatigueRule, FatigueNeeds>();

function needsOfRule(rule: FatigueRule): FatigueNeeds {
  const before = known.get(rule);
  if (before) return before;
  const where: Where = { channel: rule.channel, machine: { ne: true } };
  const needs: FatigueNeeds = {
    opened: { kind: 'distinct', events: [MESSAGE_EVENTS.opened.name], where, of: 'messageId', keep: rule.opened },
    clicked: { kind: 'count', events: [MESSAGE_EVENTS.clicked.name], where, keep: 1 },
  };
  known.set(rule, needs);
  return needs;
}

const ofChannel = (channel: Channel, rules: readonly FatigueRule[]): FatigueRule[] =>
  rules.filter((rule) => rule.channel === channel);

/** Several rules of a channel: any of them suffices. */
function evaluate({ fatigued: channel }: FatiguedCondition, context: EvaluationContext): Evaluation {
  const verdicts = ofChannel(channel, context.fatigue ?? []).map((rule) => evaluateRule(rule, context));
  const tired = verdicts.filter(({ is }) => is).map(({ changesAt = 0 }) => changesAt);
  return tired.length > 0 ? { is: true, changesAt: Math.max(...tired) } : FALSE;
}

function evaluateRule(rule: FatigueRule, context: EvaluationContext): Evaluation {
  const needs = needsOfRule(rule);
  const clickedAt = context.events.rows(needs.clicked, context).at(-1)?.at ?? Number.NEGATIVE_INFINITY;
  const openedAt = newestOfEach(context.events.rows(needs.opened, context));
  const enough = openedAt.at(rule.opened - 1);
  const newest = openedAt[0];
  if (enough === undefined || newest === undefined || enough <= clickedAt) return FALSE;
  return turning(true, newest + durationMs(rule.for), context.now);
}

/** When each message was last opened, newest first. */
function newestOfEach(rows: ReturnType<EvaluationContext['events']['rows']>): number[] {
  const newest = new Map(rows.map(({ value, at }) => [value, at]));
  return [...newest.values()].sort((a, b) => b - a);
}

export const fatigued: Predicate<FatiguedCondition> = {
  schema: () => z.strictObject({ fatigued: ChannelSchema }),
  evaluate,
  references: () => ({ events: [...eventsOf('opened')] }),
  needs: (condition, fatigue) =>
    ofChannel(condition.fatigued, fatigue).flatMap((rule) => Object.values(needsOfRule(rule))),
};
