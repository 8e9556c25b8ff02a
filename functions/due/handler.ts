import { DueMessageSchema } from '../../core/profiles/due-message.ts';
import { queueHandler } from '../shared/handlers/queue-handler.ts';
import { profileDeps } from '../shared/profiles/wire.ts';
import { due } from './due.ts';
import { EnvSchema } from './env.ts';

/** SQS `due` (standard, delayed): at least once, in any order, beside `tag`. */
export const handler = queueHandler({
  env: EnvSchema,
  body: DueMessageSchema,
  build: profileDeps,
  handle: due,
});
