import { SegmentSchema } from '../../tags/schema.ts';
import type { DefinitionKind } from '../kind.ts';
import { applyRule, conditionWarnings, cycleErrors, referencesOfCondition } from './rule.ts';

export const segments: DefinitionKind<'segments'> = {
  kind: 'segments',
  schema: SegmentSchema,
  live: true,
  check(id, definition, view) {
    return {
      errors: cycleErrors({ kind: 'segment', id, version: 0, definition }, view),
      warnings: conditionWarnings(definition.if, view),
    };
  },
  references: (definition) => referencesOfCondition(definition.if),
  apply: (rules, id, now) => applyRule(rules, id, 'segment', now && { kind: 'segment', id, ...now }),
};
