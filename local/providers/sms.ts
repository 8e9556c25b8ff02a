import type { Json } from '../template.ts';
import { answerOf, type EmulatedProvider, type Outbox, type ProviderAnswer } from './outbox.ts';
import { refusedRequest } from './requests.ts';

const fault = (status: number, type: string, more: Json = {}): ProviderAnswer => ({
  status,
  body: { __type: type, message: type, ...more },
});

/** End User Messaging, `SendTextMessage`. https://docs.aws.amazon.com/pinpoint/latest/apireference_smsvoicev2/API_SendTextMessage.html */
export function sendText(outbox: Outbox, input: Json, now: string): ProviderAnswer {
  const { DestinationPhoneNumber, MessageBody, MaxPrice, TimeToLive, Context } = input as {
    DestinationPhoneNumber?: string;
    MessageBody?: string;
    MaxPrice?: string;
    TimeToLive?: number;
    Context?: Record<string, string>;
  };
  const refused = refusedRequest('SendTextMessage', input);
  if (refused !== undefined)
    return fault(400, 'ValidationException', { Reason: 'FIELD_VALIDATION_FAILED', message: refused });
  const mode = outbox.meets('sms');
  if (mode === 'error') return fault(500, 'InternalServerException');
  if (mode === 'throttle') return fault(400, 'ThrottlingException');
  if (mode === 'permanent') {
    return fault(400, 'ValidationException', {
      Reason: 'INVALID_PARAMETER',
      Fields: [{ Name: 'DestinationPhoneNumber', Message: 'is not valid' }],
    });
  }
  const providerId = outbox.newId('sms');
  outbox.add({
    at: now,
    channel: 'sms',
    to: DestinationPhoneNumber ?? '',
    messageId: Context?.message ?? '',
    body: MessageBody,
    text: MessageBody,
    maxPrice: MaxPrice,
    timeToLive: TimeToLive,
    provider: 'sms-voice',
  });
  return answerOf(mode, { status: 200, body: { MessageId: providerId } });
}

export const endUserMessaging: EmulatedProvider = {
  serves: ({ target }) => target.endsWith('.SendTextMessage'),
  send: sendText,
};
