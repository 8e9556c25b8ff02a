import { sesEmail } from '../../adapters/ses/email.ts';
import { SendRequestSchema } from '../../core/messages/send-request.ts';
import { sendMessage } from '../../engine/messages/send-message.ts';
import { ses } from '../../runtime/aws.ts';
import { queueHandler } from '../../runtime/handlers/queue-handler.ts';
import { logger } from '../../runtime/log.ts';
import { senderDeps } from '../../runtime/wiring/sending.ts';
import { EnvSchema } from './env.ts';

/** SQS `send-email-now` and `send-email-bulk` (standard): at least once, in any order. */
export const handler = queueHandler({
  env: EnvSchema,
  body: SendRequestSchema,
  build: (env) =>
    senderDeps(
      env,
      sesEmail(
        {
          from: env.EMAIL_FROM,
          senders: env.EMAIL_SENDERS,
          configurationSet: env.EMAIL_CONFIGURATION_SET,
          log: logger,
        },
        ses(),
      ),
    ),
  handle: sendMessage,
});
