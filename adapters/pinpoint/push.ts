import {
  type AddressConfiguration,
  ChannelType,
  type MessageResult,
  type PinpointClient,
  SendMessagesCommand,
} from '@aws-sdk/client-pinpoint';
import type { Outcome, Provider, TokenUpdates } from '../../engine/messages/ports.ts';
import type { Log } from '../../engine/ports.ts';
import { faultOutcome } from '../provider-fault.ts';

const CHANNEL_TYPES: Record<string, ChannelType> = {
  ios: ChannelType.APNS,
  android: ChannelType.GCM,
  huawei: ChannelType.GCM,
  baidu: ChannelType.BAIDU,
};

/** Pinpoint SendMessages with addresses only: AWS keeps this part of Pinpoint as push of End User Messaging. */
export function pinpointPush(
  options: { applicationId: string; log: Pick<Log, 'error'> },
  client: PinpointClient,
): Provider {
  return {
    name: 'pinpoint',
    channel: 'push',
    async send({ message, target, content }) {
      if (content.channel !== 'push' || target.channel !== 'push') throw new Error('not a push');
      const action =
        content.link === undefined ? { Action: 'OPEN_APP' as const } : { Action: 'URL' as const, Url: content.link };
      const said = { Title: content.title, Body: content.body, Data: { messageId: message }, ...action };
      const Addresses = Object.fromEntries(
        target.tokens.map(({ value, platform }): [string, AddressConfiguration] => [
          value,
          { ChannelType: CHANNEL_TYPES[platform] ?? ChannelType.GCM },
        ]),
      );
      try {
        const { MessageResponse } = await client.send(
          new SendMessagesCommand({
            ApplicationId: options.applicationId,
            MessageRequest: {
              Addresses,
              Context: { message },
              MessageConfiguration: { APNSMessage: said, GCMMessage: said, BaiduMessage: said },
            },
          }),
        );
        return outcomeOf(MessageResponse?.Result ?? {}, MessageResponse?.RequestId ?? '');
      } catch (error) {
        return faultOutcome(error, options.log);
      }
    },
  };
}

/** Pinpoint's statuses of a token that must never be used again. */
const MARKS: Record<string, 'bad' | 'suppressed'> = { PERMANENT_FAILURE: 'bad', OPT_OUT: 'suppressed' };

/** Returns the marks to put on tokens, or undefined if there are none. */
function newsOf(all: [string, MessageResult][]): TokenUpdates | undefined {
  const marked = Object.fromEntries(
    all.flatMap(([token, { DeliveryStatus = '' }]) => {
      const mark = MARKS[DeliveryStatus];
      return mark === undefined ? [] : [[token, mark]];
    }),
  );
  const renewed = Object.fromEntries(
    all.flatMap(([token, { UpdatedToken }]) => (UpdatedToken ? [[token, UpdatedToken]] : [])),
  );
  const isNews = Object.keys(marked).length + Object.keys(renewed).length > 0;
  return isNews ? { marked, renewed } : undefined;
}

function outcomeOf(results: Record<string, MessageResult>, requestId: string): Outcome {
  const all = Object.entries(results);
  const tokens = newsOf(all);
  return { ...togetherOf(all, requestId), ...(tokens === undefined ? {} : { tokens }) };
}

/** Combines the results of all tokens: the message is sent if one token was reached, and fails temporarily if one may still be reached. */
function togetherOf(all: [string, MessageResult][], requestId: string): Outcome {
  const has = (...statuses: string[]) => all.some(([, result]) => statuses.includes(result.DeliveryStatus ?? ''));
  const detail = all
    .map(([, result]) => `${result.DeliveryStatus}: ${result.StatusMessage ?? ''}`)
    .join('; ')
    .slice(0, 500);
  if (has('SUCCESSFUL', 'DUPLICATE')) {
    const reached = all.find(([, result]) => result.DeliveryStatus === 'SUCCESSFUL')?.[1].MessageId;
    return { kind: 'sent', providerId: reached ?? requestId };
  }
  // TIMEOUT is missing from the types: the request left, and the outcome is unknown.
  if (has('TIMEOUT', 'UNKNOWN_FAILURE')) return { kind: 'unknown', detail };
  if (has('THROTTLED')) return { kind: 'throttled', detail };
  if (has('TEMPORARY_FAILURE')) return { kind: 'temporary', detail };
  return { kind: 'permanent', detail };
}
