import { ComputedTraitSchema } from '../../computed-traits/schema.ts';
import { BEYOND_TIMELINE, isBeyondTimeline } from '../../conditions/beyond-timeline.ts';
import { type DefinitionKind, replaceById } from '../kind.ts';

export const computedTraits: DefinitionKind<'computed-traits'> = {
  kind: 'computed-traits',
  schema: ComputedTraitSchema,
  live: true,
  check: (_id, definition) => ({
    errors: [],
    warnings: isBeyondTimeline(definition)
      ? [{ path: definition.within === undefined ? '' : '/within', message: BEYOND_TIMELINE }]
      : [],
  }),
  references: () => [],
  apply: (rules, id, now) => ({
    ...rules,
    computed: replaceById(rules.computed, id, now && { id, definition: now.definition }),
  }),
};
