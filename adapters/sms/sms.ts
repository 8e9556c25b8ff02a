import {
  ConflictException,
  PinpointSMSVoiceV2Client,
  SendTextMessageCommand,
  ValidationException,
} from '@aws-sdk/client-pinpoint-sms-voice-v2';
import type { Outcome, Provider } from '../../engine/messages/ports.ts';
import type { Log } from '../../engine/ports.ts';
import { once } from '../client-options.ts';
import { faultOutcome } from '../provider-fault.ts';

/** Sends by End User Messaging, SendTextMessage: one recipient and no client token, so that only the row decides whether it is sent. */
export function voiceSms(
  options: { originationIdentity: string; configurationSet: string; log: Pick<Log, 'error'> },
  client = new PinpointSMSVoiceV2Client(once),
): Provider {
  return {
    channel: 'sms',
    async send({ message, profile, target, content, unsubscribeUrl }) {
      if (content.channel !== 'sms' || target.channel !== 'sms') throw new Error('not an SMS');
      try {
        const { MessageId } = await client.send(
          new SendTextMessageCommand({
            DestinationPhoneNumber: target.address,
            OriginationIdentity: options.originationIdentity,
            MessageBody: content.text,
            MessageType: unsubscribeUrl === undefined ? 'TRANSACTIONAL' : 'PROMOTIONAL',
            ConfigurationSetName: options.configurationSet,
            Context: { message, profile },
          }),
        );
        return { kind: 'sent', providerId: MessageId ?? '' };
      } catch (error) {
        return addressFault(error) ?? faultOutcome(error, options.log);
      }
    },
  };
}

/** Maps faults that the number causes. */
function addressFault(error: unknown): Outcome | undefined {
  if (error instanceof ConflictException && error.Reason === 'DESTINATION_PHONE_NUMBER_OPTED_OUT') {
    return { kind: 'permanent', detail: 'the number has opted out', address: 'suppressed' };
  }
  if (error instanceof ValidationException && error.Fields?.some((field) => field.Name === 'DestinationPhoneNumber')) {
    return { kind: 'permanent', detail: 'the number is not valid', address: 'bad' };
  }
  return undefined;
}
