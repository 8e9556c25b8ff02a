import type { Json } from '../template.ts';
import { answerOf, type EmulatedProvider, type Outbox, type ProviderAnswer } from './outbox.ts';
import { refusedRequest } from './requests.ts';

interface Said {
  Title?: string;
  Body?: string;
}
interface MessageRequest {
  Addresses?: Record<string, { ChannelType?: string }>;
  Context?: Record<string, string>;
  MessageConfiguration?: { APNSMessage?: Said; GCMMessage?: Said };
}

const fault = (status: number, type: string, message = type): ProviderAnswer => ({
  status,
  body: { Message: message },
  headers: { 'x-amzn-errortype': type },
});

/** Outcomes of the tokens, one after the other, where only some are reached. */
const PARTLY = [
  ['SUCCESSFUL', 200],
  ['PERMANENT_FAILURE', 410],
  ['TEMPORARY_FAILURE', 500],
] as const;

/** Pinpoint, `POST /v1/apps/{id}/messages`: a result for each address. https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-messages.html */
export function sendPush(outbox: Outbox, input: Json, now: string): ProviderAnswer {
  const { Addresses = {}, Context, MessageConfiguration } = input as MessageRequest;
  // On the wire the body is the member `MessageRequest`, and the application stands in the path.
  const refused = refusedRequest('SendMessages', { ApplicationId: 'local', MessageRequest: input });
  if (refused !== undefined) return fault(400, 'BadRequestException', refused);
  const mode = outbox.meets('push');
  if (mode === 'error') return fault(500, 'InternalServerErrorException');
  if (mode === 'throttle') return fault(429, 'TooManyRequestsException');
  const tokens = Object.keys(Addresses);
  const requestId = outbox.newId('push');
  const results = (statusOf: (index: number) => readonly [status: string, code: number]) =>
    Object.fromEntries(
      tokens.map((token, index) => {
        const [DeliveryStatus, StatusCode] = statusOf(index);
        return [token, { DeliveryStatus, StatusCode, MessageId: `${requestId}-${index + 1}` }];
      }),
    );
  const answer = (Result: Json) => ({ status: 200, body: { ApplicationId: 'local', RequestId: requestId, Result } });
  if (mode === 'permanent') return answer(results(() => ['PERMANENT_FAILURE', 410]));
  const said = MessageConfiguration?.GCMMessage ?? MessageConfiguration?.APNSMessage;
  const to = tokens.length === 1 ? (tokens[0] ?? '') : tokens;
  outbox.add({
    at: now,
    channel: 'push',
    to,
    messageId: Context?.message ?? '',
    title: said?.Title,
    body: said?.Body,
    provider: 'pinpoint',
  });
  return answerOf(mode, answer(results((index) => (mode === 'partial' && PARTLY[index]) || ['SUCCESSFUL', 200])));
}

export const pinpoint: EmulatedProvider = {
  serves: ({ path }) => /^\/v1\/apps\/[^/]+\/messages$/.test(path),
  send: sendPush,
};
