import type { DefinitionKind } from '../../definitions/kind.ts';
import { ListSchema } from '../../lists/schema.ts';

export const lists: DefinitionKind<'lists'> = {
  kind: 'lists',
  schema: ListSchema,
  live: true,
  check: () => ({ errors: [], warnings: [] }),
  references: () => [],
};
