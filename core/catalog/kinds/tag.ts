import { TagSchema } from '../../tags/schema.ts';
import type { DefinitionKind } from '../kind.ts';
import { applyRule, conditionWarnings, cycleErrors, referencesOfCondition } from './rule.ts';

export const tags: DefinitionKind<'tags'> = {
  kind: 'tags',
  schema: TagSchema,
  live: true,
  check(id, definition, view) {
    return {
      errors: cycleErrors({ kind: 'tag', id, version: 0, definition }, view),
      warnings: conditionWarnings(definition.if, view),
    };
  },
  references: (definition) => referencesOfCondition(definition.if),
  apply: (rules, id, now) => applyRule(rules, id, 'tag', now && { kind: 'tag', id, ...now }),
};
