import { voiceSms } from '../../adapters/sms/sms.ts';
import { SendRequestSchema } from '../../core/messages/send-request.ts';
import { sendMessage } from '../../engine/messages/send-message.ts';
import { voice } from '../../runtime/aws.ts';
import { queueHandler } from '../../runtime/handlers/queue-handler.ts';
import { logger } from '../../runtime/log.ts';
import { senderDeps } from '../../runtime/wiring/sending.ts';
import { EnvSchema } from './env.ts';

/** SQS `send-sms-now` and `send-sms-bulk` (standard): at least once, in any order. */
export const handler = queueHandler({
  env: EnvSchema,
  body: SendRequestSchema,
  build: (env) =>
    senderDeps(
      env,
      voiceSms(
        {
          originationIdentity: env.SMS_ORIGINATION_IDENTITY,
          configurationSet: env.SMS_CONFIGURATION_SET,
          log: logger,
        },
        voice(),
      ),
    ),
  handle: sendMessage,
});
