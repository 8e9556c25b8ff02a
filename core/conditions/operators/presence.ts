import * as z from 'zod';
import type { WholeOperator } from './operator.ts';

export const exists: WholeOperator = {
  over: 'whole',
  schema: z.boolean(),
  evaluate: (values, [wanted]) => values.length > 0 === wanted,
};
