import type * as z from 'zod';

/** The one reader of `process.env` in functions. Called at a function's first event, never at import. Throws naming the variables that are missing. */
function readEnv<Schema extends z.ZodObject>(schema: Schema): z.infer<Schema> {
  const read = schema.safeParse(process.env);
  if (read.success) return read.data;
  const names = read.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new Error(`environment: ${names.join('; ')}`);
}

/**
 * What `build` makes of the environment: once, at the first event. An instance keeps its environment for life; where one does find another (the
 * embedded cloud was reset), it builds anew and remembers nothing.
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

/** Lambda sets it. */
export const functionName = (): string | undefined => process.env.AWS_LAMBDA_FUNCTION_NAME;

/** What Lambda sets from the function's configuration, else `LOG_LEVEL`: debug, info, warn or error; info where it is none of them. */
export function logLevel(): 'debug' | 'info' | 'warn' | 'error' {
  const level = (process.env.AWS_LAMBDA_LOG_LEVEL ?? process.env.LOG_LEVEL)?.toLowerCase();
  return level === 'debug' || level === 'warn' || level === 'error' ? level : 'info';
}

/** Id of the invocation's trace, where X-Ray keeps it. `Root=1-…;Parent=…;Sampled=1` */
export function traceId(): string | undefined {
  const header = process.env._X_AMZN_TRACE_ID;
  return header?.includes('Sampled=1') ? /Root=([\w-]+)/.exec(header)?.[1] : undefined;
}
