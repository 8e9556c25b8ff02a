import type { Json } from '../template.ts';
import { answerOf, type EmulatedProvider, type Outbox, type ProviderAnswer } from './outbox.ts';
import { refusedRequest } from './requests.ts';

interface SendEmail {
  FromEmailAddress?: string;
  ReplyToAddresses?: string[];
  Destination?: { ToAddresses?: string[] };
  EmailTags?: { Name: string; Value: string }[];
  Content?: {
    Simple?: {
      Subject?: { Data: string };
      Body?: { Html?: { Data: string }; Text?: { Data: string } };
      Headers?: { Name: string; Value: string }[];
    };
  };
}

const fault = (status: number, type: string, message = type): ProviderAnswer => ({
  status,
  body: { message },
  headers: { 'x-amzn-errortype': type },
});

/** SES v2, `POST /v2/email/outbound-emails`. https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html */
export function sendEmail(outbox: Outbox, input: Json, now: string): ProviderAnswer {
  const { FromEmailAddress, ReplyToAddresses, Destination, EmailTags = [], Content } = input as SendEmail;
  const refused = refusedRequest('SendEmail', input);
  if (refused !== undefined) return fault(400, 'BadRequestException', refused);
  const mode = outbox.meets('email');
  if (mode === 'error') return fault(500, 'InternalServiceErrorException');
  if (mode === 'throttle') return fault(429, 'TooManyRequestsException');
  if (mode === 'permanent') return fault(400, 'BadRequestException', 'Local address contains illegal character');
  const tag = (name: string) => EmailTags.find((one) => one.Name === name)?.Value;
  const simple = Content?.Simple;
  const providerId = outbox.newId('ses');
  outbox.add({
    at: now,
    channel: 'email',
    to: Destination?.ToAddresses?.[0] ?? '',
    messageId: tag('message') ?? '',
    from: FromEmailAddress,
    replyTo: ReplyToAddresses?.[0],
    subject: simple?.Subject?.Data,
    html: simple?.Body?.Html?.Data,
    text: simple?.Body?.Text?.Data,
    headers: Object.fromEntries((simple?.Headers ?? []).map(({ Name, Value }) => [Name, Value])),
    provider: 'ses',
  });
  return answerOf(mode, { status: 200, body: { MessageId: providerId } });
}

export const ses: EmulatedProvider = {
  serves: ({ path }) => path === '/v2/email/outbound-emails',
  send: sendEmail,
};
