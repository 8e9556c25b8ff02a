import { SendRequestSchema } from '../../core/messages/send-request.ts';
import { sesEmail } from '../shared/adapters/email.ses.ts';
import { queueHandler } from '../shared/handlers/queue-handler.ts';
import { sendMessage } from '../shared/sending/send-message.ts';
import { senderDeps } from '../shared/sending/wire.ts';
import { EnvSchema } from './env.ts';

/** SQS `send-email-now` and `send-email-bulk` (standard): at least once, in any order. */
export const handler = queueHandler({
  env: EnvSchema,
  body: SendRequestSchema,
  build: (env) => senderDeps(env, sesEmail({ from: env.EMAIL_FROM, configurationSet: env.EMAIL_CONFIGURATION_SET })),
  handle: sendMessage,
});
