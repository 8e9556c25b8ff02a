import { TagSchema } from '../../tags/schema.ts';
import type { Rule } from '../snapshot.ts';
import { type DefinitionKind, unknownReferences } from './kind.ts';
import { applyRule, cycleErrors, referencesOfCondition } from './rule.ts';

export const tags: DefinitionKind<'tags'> = {
  kind: 'tags',
  schema: TagSchema,
  live: true,
  check(id, definition, view) {
    const references = referencesOfCondition(definition.if);
    const rule: Rule = { kind: 'tag', id, version: 0, definition };
    const segment = references.some(({ kind }) => kind === 'segments');
    return {
      errors: [...(segment ? [{ path: '/if', message: 'a tag may not use a segment' }] : []), ...cycleErrors(rule, view)],
      warnings: unknownReferences(references, view, '/if'),
    };
  },
  references: (definition) => referencesOfCondition(definition.if),
  apply: (rules, id, now) => applyRule(rules, id, 'tag', now && { kind: 'tag', id, ...now }),
};
