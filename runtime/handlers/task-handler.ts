import type * as z from 'zod';
import { EXPECTED_ERROR } from '../../core/metrics/log-lines.ts';
import { builtOnce } from '../env.ts';
import { logger, withLogFields } from '../log.ts';
import { logFieldsOf, withRequestId } from './log-fields.ts';

/**
 * Middleware for functions that Step Functions, a schedule or another function invokes: builds dependencies once and passes the payload on. Errors
 * are thrown by name. `isExpected`: errors on which a machine takes another way. Lambda counts them like all others, so a log line distinguishes
 * them.
 */
export function taskHandler<Env extends z.ZodObject, Deps, Input, Output>(fn: {
  env: Env;
  build: (env: z.infer<Env>) => Deps;
  handle: (deps: Deps, input: Input) => Promise<Output>;
  isExpected?: (error: unknown) => boolean;
}) {
  const deps = builtOnce(fn.env, fn.build);
  async function run(input: Input): Promise<Output> {
    try {
      return await fn.handle(deps(), input);
    } catch (error) {
      if (fn.isExpected?.(error)) logger.info(EXPECTED_ERROR, { error: (error as Error).name });
      else logger.error('task failed', { error: error as Error });
      throw error;
    }
  }
  return withRequestId((input: Input) => withLogFields(logFieldsOf(input), () => run(input)));
}
