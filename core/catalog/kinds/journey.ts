import type { Issue } from '../../definitions/definition.ts';
import { checkShape } from '../../journeys/check.ts';
import { withoutCoupon } from '../../journeys/check-coupons.ts';
import { doubtful, entersAnew } from '../../journeys/check-names.ts';
import { beyondTimeline } from '../../journeys/check-windows.ts';
import { eventsNamed } from '../../journeys/event-names.ts';
import { secretsOf } from '../../journeys/nodes/webhook.ts';
import { type Journey, JourneySchema } from '../../journeys/schema.ts';
import { neverAgain } from '../../journeys/timed-entries.ts';
import { type CheckView, type DefinitionKind, replaced } from '../kind.ts';
import { unknownTopicsOfCaps } from '../unknown-topics.ts';
import { journeyReferences } from './journey-references.ts';

function topicsOf({ caps, nodes }: Journey, { live }: CheckView): Issue[] {
  const { topics } = live.settings;
  const ofNodes = Object.entries(nodes).flatMap(([id, node]) =>
    node.type === 'send' ? unknownTopicsOfCaps(`/nodes/${id}/caps`, node.caps, topics) : [],
  );
  return [...unknownTopicsOfCaps('/caps', caps, topics), ...ofNodes];
}

const NO_PINS = { templates: {}, journeys: {} };

/** A journey takes effect by its lifecycle: `submit` checks its references and sets its pins, `publish` makes it live. */
export const journeys: DefinitionKind<'journeys'> = {
  kind: 'journeys',
  schema: JourneySchema,
  live: false,
  check: (id, definition, view) => {
    const { errors } = checkShape(definition);
    return {
      errors,
      warnings:
        errors.length > 0
          ? []
          : [
              ...doubtful(definition, view),
              ...entersAnew(id, definition, view),
              ...neverAgain(definition, view.now),
              ...withoutCoupon(definition, view),
              ...beyondTimeline(definition),
              ...topicsOf(definition, view),
            ],
    };
  },
  references: journeyReferences,
  secrets: (definition) =>
    Object.values(definition.nodes).flatMap((node) =>
      node.type === 'webhook' ? secretsOf(node).map(({ secret }) => secret) : [],
    ),
  events: (definition) => eventsNamed(definition).map(({ event }) => event),
  apply(rules, id, now, { archivedUpTo }) {
    const { [id]: _was, ...others } = rules.archived;
    const live = now && { id, version: now.version, definition: now.definition, pins: now.pins ?? NO_PINS };
    return {
      ...rules,
      journeys: replaced(rules.journeys, id, live),
      archived: archivedUpTo === undefined ? others : { ...others, [id]: archivedUpTo },
    };
  },
};
