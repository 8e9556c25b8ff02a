import { checkShape } from '../../journeys/check.ts';
import { doubtful } from '../../journeys/check-names.ts';
import { beyondTimeline } from '../../journeys/check-windows.ts';
import { eventsNamed } from '../../journeys/event-names.ts';
import { JourneySchema } from '../../journeys/schema.ts';
import { journeyReferences } from './journey-references.ts';
import { type DefinitionKind, replaced } from './kind.ts';

const NO_PINS = { templates: {}, journeys: {} };

/** Lives by its lifecycle: `submit` checks the references and pins, `publish` makes it live. */
export const journeys: DefinitionKind<'journeys'> = {
  kind: 'journeys',
  schema: JourneySchema,
  live: false,
  check: (_id, definition, view) => {
    const { errors } = checkShape(definition);
    return {
      errors,
      warnings: errors.length > 0 ? [] : [...doubtful(definition, view), ...beyondTimeline(definition)],
    };
  },
  references: journeyReferences,
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
