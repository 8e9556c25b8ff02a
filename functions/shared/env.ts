import type * as z from 'zod';

/** The one reader of `process.env` in functions. Called at a function's first event, never at import. Throws naming the variables that are missing. */
export function readEnv<Schema extends z.ZodObject>(schema: Schema): z.infer<Schema> {
  const read = schema.safeParse(process.env);
  if (read.success) return read.data;
  const names = read.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new Error(`environment: ${names.join('; ')}`);
}
