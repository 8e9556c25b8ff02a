import {
  ConflictException,
  type PinpointSMSVoiceV2Client,
  SendTextMessageCommand,
  ValidationException,
} from '@aws-sdk/client-pinpoint-sms-voice-v2';
import { durationMs } from '../../core/time/duration.ts';
import type { Envelope, Outcome, Provider } from '../../engine/messages/ports.ts';
import type { Log } from '../../engine/ports.ts';
import { faultOutcome } from '../provider-fault.ts';

/** Sends by End User Messaging, SendTextMessage: one recipient and no client token, so that only the row decides whether it is sent. */
export function voiceSms(
  options: { originationIdentity: string; configurationSet: string; log: Pick<Log, 'error'> },
  client: PinpointSMSVoiceV2Client,
): Provider {
  return {
    name: 'aws-sms',
    channel: 'sms',
    async send({ message, profile, target, content, settings, secondsLeft, unsubscribeUrl }) {
      if (content.channel !== 'sms' || target.channel !== 'sms') throw new Error('not an SMS');
      try {
        const { MessageId } = await client.send(
          new SendTextMessageCommand({
            DestinationPhoneNumber: target.address,
            OriginationIdentity: options.originationIdentity,
            MessageBody: content.text,
            MessageType: unsubscribeUrl === undefined ? 'TRANSACTIONAL' : 'PROMOTIONAL',
            ConfigurationSetName: options.configurationSet,
            ...(settings.sms.maxPrice === undefined ? {} : { MaxPrice: settings.sms.maxPrice }),
            ...timeToLive(settings.sms, secondsLeft),
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

/** Seconds that SendTextMessage accepts. */
const MIN_TIME_TO_LIVE = 5;
const MAX_TIME_TO_LIVE = 259_200;

/** An SMS that reaches a phone after the message has expired is worse than none: a code that is no longer valid, an offer that is over. */
function timeToLive(sms: Envelope['settings']['sms'], secondsLeft: number | undefined): { TimeToLive?: number } {
  const own = sms.timeToLive === undefined ? undefined : durationMs(sms.timeToLive) / 1000;
  const shortest = Math.min(own ?? Number.POSITIVE_INFINITY, secondsLeft ?? Number.POSITIVE_INFINITY);
  // Without the parameter networks try for 72 hours.
  if (shortest >= MAX_TIME_TO_LIVE) return {};
  return { TimeToLive: Math.max(MIN_TIME_TO_LIVE, shortest) };
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
