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
export function builtFromEnv<Schema extends z.ZodObject, Built>(
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

const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/**
 * The higher of `LOG_LEVEL` and the level that Lambda sets from the function's configuration: debug, info, warn or error; info where neither is one.
 * Lambda leaves out what is below its own level, metrics too: so that one is never above info, and `LOG_LEVEL` says the rest.
 */
export function logLevel(): (typeof LOG_LEVELS)[number] {
  const given = [process.env.AWS_LAMBDA_LOG_LEVEL, process.env.LOG_LEVEL].map((level) => level?.toLowerCase());
  return LOG_LEVELS.findLast((level) => given.includes(level)) ?? 'info';
}

/** Returns the trace id of the invocation from X-Ray's variable. `Root=1-…;Parent=…;Sampled=1` */
export function traceId(): string | undefined {
  const header = process.env._X_AMZN_TRACE_ID;
  return header?.includes('Sampled=1') ? /Root=([\w-]+)/.exec(header)?.[1] : undefined;
}
