import * as z from 'zod';

export const EnvSchema = z.object({ MACHINE_PREFIX: z.string() });
