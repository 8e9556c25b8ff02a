import type * as z from 'zod';
import { EXPECTED_ERROR } from '../../core/metrics/log-lines.ts';
import { builtFromEnv } from '../env.ts';
import { logger, withLogFields } from '../log.ts';
import { lambdaHandler } from './lambda-handler.ts';
import { logFieldsOf } from './log-fields.ts';

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
  const deps = builtFromEnv(fn.env, fn.build);
  const run = (input: Input) => withLogFields(logFieldsOf(input), () => fn.handle(deps(), input));
  return lambdaHandler<Input, Output>(run, [
    {
      onError({ error, event }) {
        withLogFields(logFieldsOf(event), () => {
          if (fn.isExpected?.(error)) logger.info(EXPECTED_ERROR, { error: error?.name });
          else logger.error('task failed', { error: error ?? undefined });
        });
      },
    },
  ]);
}
