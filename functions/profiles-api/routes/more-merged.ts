import * as z from 'zod';

/** Flag beside a list of items under all keys that a customer has had. */
export const MORE_MERGED = z
  .literal(true)
  .optional()
  .describe('more than 100 profiles were merged into this one; what lies under some of them is not listed');
