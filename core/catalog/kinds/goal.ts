import { AGGREGATE_NAMES } from '../../computed-traits/aggregates.ts';
import type { Issue, Kind, Reference } from '../../definitions/definition.ts';
import type { OwnGoal } from '../../goals/own-goal.ts';
import { type Goal, GoalDefinitionSchema } from '../../goals/schema.ts';
import { type CheckView, type DefinitionKind, replaceById, unknownReferences } from '../kind.ts';

/** Figures that all customers' events together have. The others are one customer's. */
const FIGURES = ['avg', 'sum', 'count'];

/** Kinds of what a rate may be of; a channel is none. */
const RATED_KINDS: Readonly<Record<string, Kind>> = {
  campaign: 'campaigns',
  journey: 'journeys',
  template: 'templates',
};

const placed = (goal: Goal): { path: string; reference: Reference }[] => {
  if ('tag' in goal)
    return [
      { path: '/tag', reference: { kind: 'tags', id: goal.tag } },
      { path: '/from/tag', reference: { kind: 'tags', id: goal.from.tag } },
    ];
  if ('rate' in goal) {
    const [scope = '', id = ''] = goal.of?.split(':') ?? [];
    const kind = RATED_KINDS[scope];
    return kind === undefined ? [] : [{ path: '/of', reference: { kind, id } }];
  }
  return 'computed' in goal ? [{ path: '/computed', reference: { kind: 'computed-traits', id: goal.computed } }] : [];
};

function figureFaults(goal: Goal, view: CheckView): Issue[] {
  if (!('computed' in goal) || view.live.computed.some(({ id }) => id === goal.computed))
    return oneCustomersFigure(goal, view);
  return [{ path: '/computed', message: `there is no computed trait ${goal.computed}` }];
}

/** A computed trait that is a figure of one customer only, such as a maximum. `at`: where the goal stands. */
export function oneCustomersFigure(goal: Goal | OwnGoal | undefined, { live }: CheckView, at = ''): Issue[] {
  if (goal === undefined || !('computed' in goal)) return [];
  const definition = live.computed.find(({ id }) => id === goal.computed)?.definition;
  const figure = AGGREGATE_NAMES.find((name) => definition?.[name] !== undefined);
  return figure === undefined || FIGURES.includes(figure)
    ? []
    : [{ path: `${at}/computed`, message: `must be an avg, a sum or a count: ${figure} is a figure of one customer` }];
}

const daysFaults = ({ since, by }: Goal): Issue[] =>
  since !== undefined && by !== undefined && by < since ? [{ path: '/by', message: 'must not be before since' }] : [];

/** In force at PUT: from then on what it asks for is counted. */
export const goals: DefinitionKind<'goals'> = {
  kind: 'goals',
  schema: GoalDefinitionSchema,
  live: true,
  check: (_id, definition, view) => ({
    errors: [...daysFaults(definition), ...figureFaults(definition, view)],
    warnings: placed(definition).flatMap(({ path, reference }) => unknownReferences([reference], view, path)),
  }),
  references: (definition) => placed(definition).map(({ reference }) => reference),
  events: (definition) => ('event' in definition ? [definition.event] : []),
  apply(rules, id, now) {
    const all = replaceById(rules.goals ?? [], id, now && { id, definition: now.definition });
    return { ...rules, goals: all.length === 0 ? undefined : all };
  },
};
