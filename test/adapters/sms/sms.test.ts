import {
  ConflictException,
  InternalServerException,
  PinpointSMSVoiceV2Client,
  ResourceNotFoundException,
  SendTextMessageCommand,
  ServiceQuotaExceededException,
  ThrottlingException,
  ValidationException,
} from '@aws-sdk/client-pinpoint-sms-voice-v2';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { voiceSms } from '../../../adapters/sms/sms.ts';
import { defaultSettings } from '../../../core/definitions/settings.ts';
import type { Envelope } from '../../../engine/messages/ports.ts';
import { requestFaults } from '../../../local/providers/requests.ts';
import { logger } from '../../../runtime/log.ts';

const client = new PinpointSMSVoiceV2Client({ region: 'us-east-1' });
const voice = mockClient(client);
const provider = voiceSms({ originationIdentity: 'pool-0123', configurationSet: 'cairn-sms', log: logger }, client);

beforeEach(() => {
  voice.reset();
  voice.on(SendTextMessageCommand).resolves({ MessageId: 'sms-1' });
});

const envelope = (over: Partial<Envelope> = {}): Envelope => ({
  message: 'abcdefghijklmnopqrstuvwxyz',
  profile: '234567abcdefghijklmnopqrst',
  template: 'code',
  source: 'api:shop',
  settings: defaultSettings(),
  target: { channel: 'sms', address: '+8613800138000' },
  content: { channel: 'sms', text: '您的验证码是 1234', encoding: 'gsm', segments: 1 },
  ...over,
});

const left = () => voice.commandCalls(SendTextMessageCommand).map(({ args }) => args[0].input);
/** Also what the SDK would drop without a word. */
afterEach(() => expect(left().flatMap((input) => requestFaults('SendTextMessage', input))).toEqual([]));

describe('an SMS by End User Messaging', () => {
  it('leaves as one SendTextMessage, whose context its receipts bring back', async () => {
    expect(await provider.send(envelope())).toEqual({ kind: 'sent', providerId: 'sms-1' });
    expect(left()).toEqual([
      {
        DestinationPhoneNumber: '+8613800138000',
        OriginationIdentity: 'pool-0123',
        MessageBody: '您的验证码是 1234',
        MessageType: 'TRANSACTIONAL',
        ConfigurationSetName: 'cairn-sms',
        Context: { message: 'abcdefghijklmnopqrstuvwxyz', profile: '234567abcdefghijklmnopqrst' },
      },
    ]);
  });

  it('has the limits of the settings, and is not tried for longer than the message is valid', async () => {
    const settings = defaultSettings();
    const withSms = (sms: Partial<typeof settings.sms>) => ({ ...settings, sms: { ...settings.sms, ...sms } });
    await provider.send(envelope({ settings: withSms({ maxPrice: '0.05', timeToLive: '2h' }), secondsLeft: 90_000 }));
    await provider.send(envelope({ settings: withSms({ timeToLive: '2h' }), secondsLeft: 600 }));
    await provider.send(envelope({ secondsLeft: 2 }));
    await provider.send(envelope({ secondsLeft: 300_000 }));
    expect(left().map(({ MaxPrice, TimeToLive }) => [MaxPrice, TimeToLive])).toEqual([
      ['0.05', 7_200],
      [undefined, 600],
      [undefined, 5],
      [undefined, undefined],
    ]);
  });

  it('is promotional where it is marketing', async () => {
    await provider.send(envelope({ unsubscribeUrl: 'https://cairn.example.com/u/token' }));
    expect(left()).toMatchObject([{ MessageType: 'PROMOTIONAL' }]);
  });

  it('is a mistake of ours, and no outcome, where it is for another channel', async () => {
    const email = envelope({ content: { channel: 'email', subject: 'Hello', text: 'Hello' } });
    await expect(provider.send(email)).rejects.toThrow('not an SMS');
    await expect(provider.send(envelope({ target: { channel: 'email', address: 'a@b.c' } }))).rejects.toThrow();
    expect(left()).toEqual([]);
  });
});

const fault = (httpStatusCode: number, message: string) => ({ message, $metadata: { httpStatusCode } });

const conflict = (Reason: ConflictException['Reason']) => new ConflictException({ ...fault(409, 'conflict'), Reason });

const invalid = (field: string) =>
  new ValidationException({
    ...fault(400, `invalid ${field}`),
    Reason: 'INVALID_PARAMETER',
    Fields: [{ Name: field, Message: 'is not valid' }],
  });

describe('a fault of End User Messaging', () => {
  it('of a number that has opted out ends it and marks the number suppressed', async () => {
    voice.on(SendTextMessageCommand).rejects(conflict('DESTINATION_PHONE_NUMBER_OPTED_OUT'));
    expect(await provider.send(envelope())).toMatchObject({ kind: 'permanent', address: 'suppressed' });
  });

  it('of a number that is none ends it and marks the number bad', async () => {
    voice.on(SendTextMessageCommand).rejects(invalid('DestinationPhoneNumber'));
    expect(await provider.send(envelope())).toMatchObject({ kind: 'permanent', address: 'bad' });
  });

  it.each([
    ['a body that is not valid', invalid('MessageBody')],
    ['a validation that names no field', new ValidationException({ ...fault(400, 'no'), Reason: 'CANNOT_PARSE' })],
    ['an account in the sandbox', conflict('DESTINATION_PHONE_NUMBER_NOT_VERIFIED')],
    ['a blocked country', conflict('DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION')],
    [
      'an origination identity that is gone',
      new ResourceNotFoundException({ ...fault(404, 'no pool'), ResourceType: 'pool', ResourceId: 'pool-0123' }),
    ],
  ])('of %s ends it and leaves the number as it is', async (_what, error) => {
    voice.on(SendTextMessageCommand).rejects(error);
    expect(await provider.send(envelope())).toEqual({ kind: 'permanent', detail: `${error.name}: ${error.message}` });
  });

  it.each([
    [new ThrottlingException(fault(400, 'Rate exceeded')), 'throttled'],
    [new InternalServerException(fault(500, 'internal')), 'temporary'],
    [
      new ServiceQuotaExceededException({
        ...fault(402, 'Monthly spend limit reached'),
        Reason: 'MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT',
      }),
      'temporary',
    ],
  ])('lets it be tried again: %s is %s', async (error, kind) => {
    voice.on(SendTextMessageCommand).rejects(error);
    expect(await provider.send(envelope())).toEqual({ kind, detail: `${error.name}: ${error.message}` });
    expect(left()).toHaveLength(1);
  });

  it('leaves unknown what timed out after it had left', async () => {
    const timeout = Object.assign(new Error('exceeded'), { name: 'TimeoutError', code: 'ETIMEDOUT' });
    voice.on(SendTextMessageCommand).rejects(timeout);
    expect(await provider.send(envelope())).toMatchObject({ kind: 'unknown' });
  });
});
