import { ListSchema } from '../../lists/schema.ts';
import type { DefinitionKind } from '../kind.ts';

export const lists: DefinitionKind<'lists'> = {
  kind: 'lists',
  schema: ListSchema,
  live: true,
  check: () => ({ errors: [], warnings: [] }),
  references: () => [],
};
