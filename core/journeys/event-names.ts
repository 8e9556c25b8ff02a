import { referencesOf } from '../conditions/references.ts';
import type { JourneyCondition } from '../conditions/schema.ts';
import { INTERNAL_PREFIX, RESERVED } from '../events/system-events.ts';
import { typeOf } from './nodes/registry.ts';
import type { Journey } from './schema.ts';

interface NamedEvent {
  /** JSON pointer. */
  path: string;
  event: string;
}

/** Returns every client event that a journey names, with its place; events that only Cairn sends are left out. */
export function eventsNamed({ entry, audience, exit = [], goal, nodes }: Journey): NamedEvent[] {
  return [
    ...inRule('/entry', entry),
    ...(audience === undefined ? [] : inCondition('/audience', audience)),
    ...exit.flatMap((rule, index) => inRule(`/exit/${index}`, rule)),
    ...(goal === undefined ? [] : inRule('/goal', goal)),
    ...Object.entries(nodes).flatMap(([id, node]) => [
      ...(typeOf(node).conditions?.(node) ?? []).flatMap(({ path, condition }) =>
        inCondition(`/nodes/${id}${path}`, condition),
      ),
      ...(node.type === 'wait-for' ? node.for.flatMap((way, index) => inRule(`/nodes/${id}/for/${index}`, way)) : []),
    ]),
  ].filter(({ event }) => !RESERVED.has(event) && !event.startsWith(INTERNAL_PREFIX));
}

const inRule = (here: string, rule: object): NamedEvent[] =>
  'event' in rule ? [{ path: `${here}/event`, event: String(rule.event) }] : [];

const inCondition = (path: string, condition: JourneyCondition): NamedEvent[] =>
  referencesOf(condition).events.map((event) => ({ path, event }));
