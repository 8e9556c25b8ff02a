import { expect, it, vi } from 'vitest';
import * as z from 'zod';
import { lazySchema } from '../../core/lazy-schema.ts';

it('builds a schema at its first use, and once for all schemas made of it', () => {
  const build = vi.fn(() => z.strictObject({ id: z.string() }));
  const schema = lazySchema(build);
  const list = z.object({ items: z.array(schema), newest: schema.optional() });
  const described = schema.meta({ description: 'one of the list' });
  expect(build).not.toHaveBeenCalled();

  expect(list.safeParse({ items: [{ id: 'a' }], newest: { id: 'b' } }).success).toBe(true);
  expect(described.safeParse({ id: 1 }).error?.issues[0]?.path).toEqual(['id']);
  expect(build).toHaveBeenCalledTimes(1);
});
