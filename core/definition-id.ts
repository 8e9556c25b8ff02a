import * as z from 'zod';

/** Ids that people define: of journeys, tags, nodes and the like. `constructor` is one that every object seems to have: it would be taken as paused. */
export const DefinitionIdSchema = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9-]{0,62}$/,
    'must be 1 to 63 lower-case letters, digits and hyphens, not beginning with a hyphen',
  )
  .refine((id) => id !== 'constructor', 'is a reserved word');
