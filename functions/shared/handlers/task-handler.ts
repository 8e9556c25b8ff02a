import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import type * as z from 'zod';
import { builtOnce } from '../env.ts';

/** The bundle for functions that Step Functions, a schedule or another function invokes: builds dependencies once, passes the payload on; errors are thrown by name. */
export function taskHandler<Env extends z.ZodObject, Deps, Input, Output>(fn: {
  env: Env;
  build: (env: z.infer<Env>) => Deps;
  handle: (deps: Deps, input: Input) => Promise<Output>;
}) {
  const deps = builtOnce(fn.env, fn.build);
  return middy(async (input: Input, _context: Context): Promise<Output> => {
    return fn.handle(deps(), input);
  });
}
