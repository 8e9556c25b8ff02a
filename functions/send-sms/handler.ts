import { voiceSms } from '../../adapters/sms/sms.ts';
import { smsVoice } from '../../runtime/aws.ts';
import { senderHandler } from '../../runtime/handlers/sender-handler.ts';
import { logger } from '../../runtime/log.ts';
import { EnvSchema } from './env.ts';

/** SQS `send-sms-now` and `send-sms-bulk` (standard): at least once, in any order. */
export const handler = senderHandler(EnvSchema, (env) =>
  voiceSms(
    {
      originationIdentity: env.SMS_ORIGINATION_IDENTITY,
      configurationSet: env.SMS_CONFIGURATION_SET,
      log: logger,
    },
    smsVoice(),
  ),
);
