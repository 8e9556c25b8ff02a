import * as z from 'zod';
import { type Channel, ChannelSchema } from '../../channels.ts';
import { MESSAGE_EVENTS } from '../../events/system-events.ts';
import { durationMs } from '../../time/duration.ts';
import { FALSE, type Evaluation, turning } from '../evaluation.ts';
import type { FatigueRule, EvaluationContext } from '../evaluation-context.ts';
import type { EventRequirement } from '../event-requirement.ts';
import { eventsOf } from '../message-status.ts';
import type { Where } from '../where.ts';
import type { Predicate } from './predicate.ts';

/** `{"fatigued": "email"}`: by `settings.fatigue`, the newest messages opened there are all since the last click; until `for` after the newest. */
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

/** Several rules of a channel: any of them. */
function judge({ fatigued: channel }: FatiguedCondition, world: EvaluationContext): Evaluation {
  const verdicts = ofChannel(channel, world.fatigue ?? []).map((rule) => judgeRule(rule, world));
  const tired = verdicts.filter(({ is }) => is).map(({ changesAt = 0 }) => changesAt);
  return tired.length > 0 ? { is: true, changesAt: Math.max(...tired) } : FALSE;
}

function judgeRule(rule: FatigueRule, world: EvaluationContext): Evaluation {
  const needs = needsOfRule(rule);
  const clickedAt = world.events.rows(needs.clicked, world).at(-1)?.at ?? Number.NEGATIVE_INFINITY;
  const openedAt = newestOfEach(world.events.rows(needs.opened, world));
  const enough = openedAt.at(rule.opened - 1);
  const newest = openedAt[0];
  if (enough === undefined || newest === undefined || enough <= clickedAt) return FALSE;
  return turning(true, newest + durationMs(rule.for), world.now);
}

/** When each message was last opened, newest first. */
function newestOfEach(rows: ReturnType<EvaluationContext['events']['rows']>): number[] {
  const newest = new Map(rows.map(({ value, at }) => [value, at]));
  return [...newest.values()].sort((a, b) => b - a);
}

export const fatigued: Predicate<FatiguedCondition> = {
  schema: () => z.strictObject({ fatigued: ChannelSchema }),
  judge,
  references: () => ({ events: [...eventsOf('opened')] }),
  needs: (condition, fatigue) =>
    ofChannel(condition.fatigued, fatigue).flatMap((rule) => Object.values(needsOfRule(rule))),
};
