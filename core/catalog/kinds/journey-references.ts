import type { Kind, Reference } from '../../definitions/definition.ts';
import type { OpenWindow } from '../../definitions/window.ts';
import { placedInGoal } from '../../goals/reach.ts';
import { type JourneyNode, typeOf } from '../../journeys/nodes/registry.ts';
import type { Journey } from '../../journeys/schema.ts';
import { placedWindows } from '../../journeys/windows.ts';
import { referencesOfCondition } from './rule.ts';

/** Returns every definition that a journey references, once. */
export function journeyReferences(journey: Journey): Reference[] {
  const named = [
    ...referencesOfCondition(journey.audience),
    ...ofEntry(journey.entry),
    ...(journey.exit ?? []).flatMap((rule) => [
      ...('tag' in rule ? ofRule(rule.tag) : []),
      ...all('tags', rule.addTags ?? []),
    ]),
    ...Object.values(journey.nodes).flatMap(ofNode),
    ...placedInGoal(journey.goal).map(({ reference }) => reference),
    ...placedWindows(journey).flatMap(({ window }) => calendarIn(window)),
  ];
  return [...new Map(named.map((reference) => [`${reference.kind}/${reference.id}`, reference])).values()];
}

export const calendarIn = ({ calendar }: OpenWindow): Reference[] =>
  calendar === undefined ? [] : all('calendars', [calendar]);

const all = (kind: Kind, ids: readonly string[]): Reference[] => ids.map((id) => ({ kind, id }));

function ofEntry(entry: Journey['entry']): Reference[] {
  if ('tag' in entry) return all('tags', [entry.tag]);
  return 'segment' in entry ? all('segments', [entry.segment]) : [];
}

const ofRule = (tag: string): Reference[] => all('tags', [tag]);

function ofNode(node: JourneyNode): Reference[] {
  const asked = (typeOf(node).conditions?.(node) ?? []).flatMap(({ condition }) => referencesOfCondition(condition));
  switch (node.type) {
    case 'send':
      return [...asked, ...all('templates', [node.template])];
    case 'coupon':
      return [...asked, ...all('coupon-pools', [node.pool])];
    case 'journey':
      return [...asked, ...all('journeys', [node.journey])];
    case 'wait-for':
      return [...asked, ...node.for.flatMap((way) => ('tag' in way ? ofRule(way.tag) : []))];
    case 'update':
      return [...asked, ...all('tags', node.addTags ?? []), ...all('tags', node.removeTags ?? [])];
    default:
      return asked;
  }
}
