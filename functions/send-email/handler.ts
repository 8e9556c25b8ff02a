import { sesEmail } from '../../adapters/ses/email.ts';
import { ses } from '../../runtime/aws.ts';
import { senderHandler } from '../../runtime/handlers/sender-handler.ts';
import { logger } from '../../runtime/log.ts';
import { EnvSchema } from './env.ts';

/** SQS `send-email-now` and `send-email-bulk` (standard): at least once, in any order. */
export const handler = senderHandler(EnvSchema, (env) =>
  sesEmail(
    {
      from: env.EMAIL_FROM,
      senders: env.EMAIL_SENDERS,
      configurationSet: env.EMAIL_CONFIGURATION_SET,
      log: logger,
    },
    ses(),
  ),
);
