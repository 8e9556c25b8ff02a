import type * as z from 'zod';

/**
 * The only reader of `process.env` in functions. It runs at a function's first event, never at import. Throws with the names of missing variables.
 */
function readEnv<Schema extends z.ZodObject>(schema: Schema): z.infer<Schema> {
  const read = schema.safeParse(process.env);
  if (read.success) return read.data;
  const names = read.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new Error(`environment: ${names.join('; ')}`);
}

/**
 * Builds the dependencies from the environment once, at the first event. An instance normally keeps its environment for life. If the environment has
 * changed (the embedded cloud was reset), it builds them again and keeps nothing.
 */
export function builtOnce<Schema extends z.ZodObject, Built>(
  schema: Schema,
  build: (env: z.infer<Schema>) => Built,
): () => Built {
  let last: { of: NodeJS.ProcessEnv; built: Built } | undefined;
  return () => {
    if (last?.of !== process.env) last = { of: process.env, built: build(readEnv(schema)) };
    return last.built;
  };
}

/** Lambda sets this variable. */
export const functionName = (): string | undefined => process.env.AWS_LAMBDA_FUNCTION_NAME;

/** Level that Lambda sets from the function's configuration, else `LOG_LEVEL`: debug, info, warn or error; info for any other value. */
export function logLevel(): 'debug' | 'info' | 'warn' | 'error' {
  const level = (process.env.AWS_LAMBDA_LOG_LEVEL ?? process.env.LOG_LEVEL)?.toLowerCase();
  return level === 'debug' || level === 'warn' || level === 'error' ? level : 'info';
}

/** Returns the trace id of the invocation from X-Ray's variable. `Root=1-…;Parent=…;Sampled=1` */
export function traceId(): string | undefined {
  const header = process.env._X_AMZN_TRACE_ID;
  return header?.includes('Sampled=1') ? /Root=([\w-]+)/.exec(header)?.[1] : undefined;
}
