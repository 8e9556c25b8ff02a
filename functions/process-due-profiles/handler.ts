import { DueMessageSchema } from '../../core/profiles/due-message.ts';
import { processDueProfile } from '../../engine/profiles/process-due.ts';
import { queueHandler } from '../../runtime/handlers/queue-handler.ts';
import { profileDeps } from '../../runtime/wiring/profiles.ts';
import { EnvSchema } from './env.ts';

/** SQS `due` (standard, delayed): at least once, in any order, beside `process-events`. */
export const handler = queueHandler({
  env: EnvSchema,
  body: DueMessageSchema,
  build: profileDeps,
  handle: processDueProfile,
});
