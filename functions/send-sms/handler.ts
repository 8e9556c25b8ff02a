import { SendRequestSchema } from '../../core/messages/send-request.ts';
import { voiceSms } from '../shared/adapters/sms.voice.ts';
import { queueHandler } from '../shared/handlers/queue-handler.ts';
import { sendMessage } from '../shared/sending/send-message.ts';
import { senderDeps } from '../shared/sending/wire.ts';
import { EnvSchema } from './env.ts';

/** SQS `send-sms-now` and `send-sms-bulk` (standard): at least once, in any order. */
export const handler = queueHandler({
  env: EnvSchema,
  body: SendRequestSchema,
  build: (env) =>
    senderDeps(
      env,
      voiceSms({ originationIdentity: env.SMS_ORIGINATION_IDENTITY, configurationSet: env.SMS_CONFIGURATION_SET }),
    ),
  handle: sendMessage,
});
