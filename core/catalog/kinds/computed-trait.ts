import { ComputedTraitSchema } from '../../computed-traits/schema.ts';
import { type DefinitionKind, replaced } from './kind.ts';

export const computedTraits: DefinitionKind<'computed-traits'> = {
  kind: 'computed-traits',
  schema: ComputedTraitSchema,
  live: true,
  check: () => ({ errors: [], warnings: [] }),
  references: () => [],
  apply: (rules, id, now) => ({
    ...rules,
    computed: replaced(rules.computed, id, now && { id, definition: now.definition }),
  }),
};
