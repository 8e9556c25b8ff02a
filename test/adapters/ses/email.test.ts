import {
  BadRequestException,
  InternalServiceErrorException,
  LimitExceededException,
  MessageRejected,
  NotFoundException,
  SESv2Client,
  SESv2ServiceException,
  SendEmailCommand,
  SendingPausedException,
  TooManyRequestsException,
} from '@aws-sdk/client-sesv2';
import { mockClient } from 'aws-sdk-client-mock';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sesEmail } from '../../../adapters/ses/email.ts';
import { defaultSettings } from '../../../core/definitions/settings.ts';
import type { Envelope } from '../../../engine/messages/ports.ts';
import { requestFaults } from '../../../local/providers/requests.ts';
import { logger } from '../../../runtime/log.ts';

const client = new SESv2Client({ region: 'us-east-1' });
const ses = mockClient(client);
const provider = sesEmail(
  {
    from: 'Shop <shop@example.com>',
    senders: ['shop@example.com', 'Offers@example.com'],
    configurationSet: 'cairn-email',
    log: logger,
  },
  client,
);

beforeEach(() => {
  ses.reset();
  ses.on(SendEmailCommand).resolves({ MessageId: '0100018f-ses' });
});

const MESSAGE = 'abcdefghijklmnopqrstuvwxyz';
const PROFILE = '234567abcdefghijklmnopqrst';

const envelope = (over: Partial<Envelope> = {}): Envelope => ({
  message: MESSAGE,
  profile: PROFILE,
  template: 'welcome-mail',
  source: 'journey:welcome:first-mail',
  settings: defaultSettings(),
  target: { channel: 'email', address: 'wei.chen@example.com' },
  content: { channel: 'email', subject: '你好', html: '<p>你好</p>', text: '你好' },
  ...over,
});

const left = () => ses.commandCalls(SendEmailCommand).map(({ args }) => args[0].input);
/** Also what the SDK would drop without a word. */
afterEach(() => expect(left().flatMap((input) => requestFaults('SendEmail', input))).toEqual([]));

describe('an e-mail by SES', () => {
  it('leaves as one SendEmail with both one-click headers, and tags by which its receipts are known', async () => {
    const unsubscribeUrl = 'https://cairn.example.com/u/token';
    expect(await provider.send(envelope({ unsubscribeUrl }))).toEqual({ kind: 'sent', providerId: '0100018f-ses' });
    expect(left()).toEqual([
      {
        FromEmailAddress: 'Shop <shop@example.com>',
        ConfigurationSetName: 'cairn-email',
        Destination: { ToAddresses: ['wei.chen@example.com'] },
        EmailTags: [
          { Name: 'message', Value: MESSAGE },
          { Name: 'profile', Value: PROFILE },
          { Name: 'template', Value: 'welcome-mail' },
          { Name: 'source', Value: 'journey_welcome_first-mail' },
        ],
        Content: {
          Simple: {
            Subject: { Data: '你好', Charset: 'UTF-8' },
            Body: { Html: { Data: '<p>你好</p>', Charset: 'UTF-8' }, Text: { Data: '你好', Charset: 'UTF-8' } },
            Headers: [
              { Name: 'List-Unsubscribe', Value: '<https://cairn.example.com/u/token>' },
              { Name: 'List-Unsubscribe-Post', Value: 'List-Unsubscribe=One-Click' },
            ],
          },
        },
      },
    ]);
  });

  it('comes from the sender that its template names, and is answered to the address that it names', async () => {
    const more = { from: '小店 <offers@example.com>', replyTo: 'Help, Inc. <help@example.com>' };
    await provider.send(envelope({ content: { channel: 'email', subject: 'S', text: 'T', ...more } }));
    expect(left()).toMatchObject([
      {
        // The letter case of the deployment's configuration, which the function's permission names.
        FromEmailAddress: '=?UTF-8?B?5bCP5bqX?= <Offers@example.com>',
        ReplyToAddresses: ['"Help, Inc." <help@example.com>'],
      },
    ]);
  });

  it('is not handed over where its template names a sender that the deployment has no more', async () => {
    const content = { channel: 'email', subject: 'S', text: 'T', from: 'old@example.com' } as const;
    expect(await provider.send(envelope({ content }))).toEqual({
      kind: 'permanent',
      detail: 'this deployment does not send from old@example.com',
    });
    expect(left()).toEqual([]);
  });

  it('has no unsubscribe headers where it is not marketing', async () => {
    await provider.send(envelope());
    expect(left()[0]?.Content?.Simple).not.toHaveProperty('Headers');
  });

  it.each([
    ['text', { text: 'Hello' }, { Text: { Data: 'Hello', Charset: 'UTF-8' } }],
    ['HTML', { html: '<p>Hello</p>' }, { Html: { Data: '<p>Hello</p>', Charset: 'UTF-8' } }],
  ])('of %s alone has no other part, which SES would refuse without content', async (_what, parts, body) => {
    await provider.send(envelope({ content: { channel: 'email', subject: 'Hello', ...parts } }));
    expect(left()[0]?.Content?.Simple?.Body).toStrictEqual(body);
  });

  it('has tags that SES takes, whatever its template and source are called', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 400 }), fc.string(), async (template, source) => {
        ses.resetHistory();
        await provider.send(envelope({ template, source }));
        for (const tag of left()[0]?.EmailTags ?? []) expect(tag.Value).toMatch(/^[A-Za-z0-9_-]{1,256}$/);
      }),
      { numRuns: 50 },
    );
  });

  it('is a mistake of ours, and no outcome, where it is for another channel', async () => {
    const sms = envelope({ content: { channel: 'sms', text: 'Hello', encoding: 'gsm', segments: 1 } });
    await expect(provider.send(sms)).rejects.toThrow('not an e-mail');
    await expect(provider.send(envelope({ target: { channel: 'sms', address: '+1' } }))).rejects.toThrow();
    expect(left()).toEqual([]);
  });
});

const fault = (httpStatusCode: number, message: string) => ({ message, $metadata: { httpStatusCode } });

describe('a fault of SES', () => {
  it.each([
    [new TooManyRequestsException(fault(429, 'Too many requests')), 'throttled'],
    [new LimitExceededException(fault(400, 'Daily message quota exceeded')), 'throttled'],
    [
      new SESv2ServiceException({
        ...fault(400, 'Maximum sending rate exceeded'),
        name: 'ThrottlingException',
        $fault: 'client',
      }),
      'throttled',
    ],
    [new SendingPausedException(fault(400, 'Sending is paused for this configuration set')), 'temporary'],
    [new InternalServiceErrorException(fault(500, 'internal')), 'temporary'],
  ])('lets it be tried again: %s is %s', async (error, kind) => {
    ses.on(SendEmailCommand).rejects(error);
    expect(await provider.send(envelope())).toEqual({ kind, detail: `${error.name}: ${error.message}` });
    expect(left()).toHaveLength(1);
  });

  it.each([
    new MessageRejected(fault(400, 'Email address is not verified')),
    new BadRequestException(fault(400, 'Illegal content')),
    new NotFoundException(fault(404, 'Configuration set does not exist')),
  ])('ends it and says nothing of the address: $name, $message', async (error) => {
    ses.on(SendEmailCommand).rejects(error);
    expect(await provider.send(envelope())).toEqual({ kind: 'permanent', detail: `${error.name}: ${error.message}` });
  });

  it.each([
    'Illegal address',
    "Missing final '@domain'",
    'Missing domain',
    'Invalid email address .',
    'Local address contains control or whitespace',
    'Domain starts with dot',
  ])('marks an address that is none: %s', async (message) => {
    ses.on(SendEmailCommand).rejects(new BadRequestException(fault(400, message)));
    expect(await provider.send(envelope())).toEqual({ kind: 'permanent', detail: message, address: 'bad' });
  });

  it('leaves unknown what timed out after it had left', async () => {
    const timeout = Object.assign(new Error('exceeded the 5000 ms'), { name: 'TimeoutError', code: 'ETIMEDOUT' });
    ses.on(SendEmailCommand).rejects(timeout);
    expect(await provider.send(envelope())).toEqual({ kind: 'unknown', detail: 'TimeoutError: exceeded the 5000 ms' });
  });
});
