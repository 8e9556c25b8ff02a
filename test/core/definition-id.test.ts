import { describe, expect, it } from 'vitest';
import { DefinitionIdSchema } from '../../core/definition-id.ts';
import { waitFor } from '../../core/journeys/nodes/wait-for.ts';

describe('the names of properties that every object has', () => {
  it('are no ids of definitions', () => {
    for (const id of Object.getOwnPropertyNames(Object.prototype)) {
      expect([id, DefinitionIdSchema.safeParse(id).success]).toEqual([id, false]);
    }
    expect(DefinitionIdSchema.safeParse('constructors').success).toBe(true);
  });

  it('are no names of what an event brought, where they cannot be kept', () => {
    const waiting = (as: string) => ({
      type: 'wait-for',
      timeout: '1d',
      onTimeout: 'end',
      for: [{ event: 'Answered', as, next: 'end' }],
    });
    expect(waitFor.schema.safeParse(waiting('answer')).success).toBe(true);
    expect(waitFor.schema.safeParse(waiting('__proto__')).success).toBe(false);
  });
});
