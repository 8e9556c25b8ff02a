import {
  BadRequestException,
  type DeliveryStatus,
  InternalServerErrorException,
  type MessageResult,
  NotFoundException,
  PinpointClient,
  SendMessagesCommand,
  TooManyRequestsException,
} from '@aws-sdk/client-pinpoint';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pinpointPush } from '../../../adapters/pinpoint/push.ts';
import { defaultSettings } from '../../../core/definitions/settings.ts';
import type { Envelope } from '../../../engine/messages/ports.ts';
import { requestFaults } from '../../../local/providers/requests.ts';
import { logger } from '../../../runtime/log.ts';

const client = new PinpointClient({ region: 'us-east-1' });
const pinpoint = mockClient(client);
const provider = pinpointPush({ applicationId: 'app-1', log: logger }, client);

beforeEach(() => pinpoint.reset());

/** Mocks Pinpoint's result for each token. Pinpoint returns a message id even for tokens that it could not reach. */
const answers = (results: Record<string, string | Partial<MessageResult>>) =>
  pinpoint.on(SendMessagesCommand).resolves({
    MessageResponse: {
      ApplicationId: 'app-1',
      RequestId: 'request-1',
      Result: Object.fromEntries(
        Object.entries(results).map(([token, result]): [string, MessageResult] => [
          token,
          {
            // TIMEOUT is answered, though the type does not know it.
            DeliveryStatus: (typeof result === 'string' ? result : 'SUCCESSFUL') as DeliveryStatus,
            StatusCode: 200,
            MessageId: `message-of-${token}`,
            ...(typeof result === 'string' ? {} : result),
          },
        ]),
      ),
    },
  });

const envelope = (over: Partial<Envelope> = {}): Envelope => ({
  message: 'abcdefghijklmnopqrstuvwxyz',
  profile: '234567abcdefghijklmnopqrst',
  template: 'news',
  source: 'journey:news:push',
  settings: defaultSettings(),
  target: {
    channel: 'push',
    tokens: [
      { value: 'a', platform: 'ios' },
      { value: 'b', platform: 'android' },
    ],
  },
  content: { channel: 'push', title: '上新', body: '看看', link: 'https://shop.example.com/new' },
  ...over,
});

const left = () => pinpoint.commandCalls(SendMessagesCommand).map(({ args }) => args[0].input);
/** Also what the SDK would drop without a word. */
afterEach(() => expect(left().flatMap((input) => requestFaults('SendMessages', input))).toEqual([]));

describe('a push by Pinpoint', () => {
  it('leaves as one SendMessages to every token by its own service, with the message’s id for the app to report', async () => {
    answers({ a: 'SUCCESSFUL' });
    const tokens = [
      { value: 'a', platform: 'ios' },
      { value: 'b', platform: 'android' },
      { value: 'c', platform: 'huawei' },
      { value: 'd', platform: 'baidu' },
    ];
    await provider.send(envelope({ target: { channel: 'push', tokens } }));
    const said = {
      Title: '上新',
      Body: '看看',
      Data: { messageId: 'abcdefghijklmnopqrstuvwxyz' },
      Action: 'URL',
      Url: 'https://shop.example.com/new',
    };
    expect(left()).toEqual([
      {
        ApplicationId: 'app-1',
        MessageRequest: {
          Addresses: {
            a: { ChannelType: 'APNS' },
            b: { ChannelType: 'GCM' },
            c: { ChannelType: 'GCM' },
            d: { ChannelType: 'BAIDU' },
          },
          Context: { message: 'abcdefghijklmnopqrstuvwxyz' },
          MessageConfiguration: { APNSMessage: said, GCMMessage: said, BaiduMessage: said },
        },
      },
    ]);
  });

  it('opens the app where it has no link', async () => {
    answers({ a: 'SUCCESSFUL' });
    await provider.send(envelope({ content: { channel: 'push', title: 'Hello', body: 'there' } }));
    const said = left()[0]?.MessageRequest?.MessageConfiguration?.APNSMessage;
    expect(said).toMatchObject({ Action: 'OPEN_APP' });
    expect(said).not.toHaveProperty('Url');
  });

  it('is a mistake of ours, and no outcome, where it is for another channel', async () => {
    const sms = envelope({ content: { channel: 'sms', text: 'Hello', encoding: 'gsm', segments: 1 } });
    await expect(provider.send(sms)).rejects.toThrow('not a push');
    await expect(provider.send(envelope({ target: { channel: 'sms', address: '+1' } }))).rejects.toThrow();
    expect(left()).toEqual([]);
  });
});

describe('of a push to several tokens', () => {
  it('one that was reached makes it sent, and names it; tokens that are gone or renewed are reported', async () => {
    answers({
      a: 'PERMANENT_FAILURE',
      b: { UpdatedToken: 'b2' },
      c: 'TEMPORARY_FAILURE',
      d: 'TIMEOUT',
      e: 'OPT_OUT',
    });
    expect(await provider.send(envelope())).toEqual({
      kind: 'sent',
      providerId: 'message-of-b',
      tokens: { marked: { a: 'bad', e: 'suppressed' }, renewed: { b: 'b2' } },
    });
  });

  it('a duplicate was reached by its twin', async () => {
    answers({ a: 'DUPLICATE' });
    expect(await provider.send(envelope())).toMatchObject({ kind: 'sent', providerId: 'request-1' });
  });

  it.each([
    ['TIMEOUT', 'unknown'],
    ['UNKNOWN_FAILURE', 'unknown'],
    ['THROTTLED', 'throttled'],
    ['TEMPORARY_FAILURE', 'temporary'],
    ['OPT_OUT', 'permanent'],
    ['PERMANENT_FAILURE', 'permanent'],
  ])('all with %s make it %s', async (status, kind) => {
    answers({ a: status, b: status });
    expect(await provider.send(envelope())).toMatchObject({ kind, detail: expect.stringContaining(status) });
  });

  it.each([
    [['TIMEOUT', 'THROTTLED', 'PERMANENT_FAILURE'], 'unknown'],
    [['UNKNOWN_FAILURE', 'TEMPORARY_FAILURE', 'OPT_OUT'], 'unknown'],
    [['THROTTLED', 'PERMANENT_FAILURE', 'OPT_OUT'], 'throttled'],
  ])('%j make it %s, whichever comes first', async (statuses, kind) => {
    const results = statuses.map((status, index): [string, string] => [`token-${index}`, status]);
    answers(Object.fromEntries(results));
    expect(await provider.send(envelope())).toMatchObject({ kind });
    answers(Object.fromEntries(results.toReversed()));
    expect(await provider.send(envelope())).toMatchObject({ kind });
  });

  it('each is marked for itself, whatever the message comes to', async () => {
    answers({ a: 'PERMANENT_FAILURE', b: 'OPT_OUT' });
    expect(await provider.send(envelope())).toMatchObject({
      kind: 'permanent',
      tokens: { marked: { a: 'bad', b: 'suppressed' }, renewed: {} },
    });
    answers({ a: 'PERMANENT_FAILURE', b: { DeliveryStatus: 'THROTTLED', UpdatedToken: 'b2' } });
    expect(await provider.send(envelope())).toMatchObject({
      kind: 'throttled',
      tokens: { marked: { a: 'bad' }, renewed: { b: 'b2' } },
    });
    answers({ a: 'PERMANENT_FAILURE', b: 'TIMEOUT' });
    expect(await provider.send(envelope())).toMatchObject({ kind: 'unknown', tokens: { marked: { a: 'bad' } } });
  });

  it('what the services said is kept, but not more than a row can hold', async () => {
    answers({
      a: { DeliveryStatus: 'PERMANENT_FAILURE', StatusMessage: 'BadDeviceToken' },
      b: { DeliveryStatus: 'PERMANENT_FAILURE', StatusMessage: 'x'.repeat(10_000) },
    });
    const { detail } = (await provider.send(envelope())) as { detail: string };
    expect(detail).toMatch(/^PERMANENT_FAILURE: BadDeviceToken; PERMANENT_FAILURE: x/);
    expect(detail.length).toBeLessThan(1_000);
  });
});

const fault = (httpStatusCode: number) => ({
  message: 'said by AWS',
  Message: 'said by AWS',
  $metadata: { httpStatusCode },
});

describe('a fault of Pinpoint', () => {
  it.each([
    [new TooManyRequestsException(fault(429)), 'throttled'],
    [new InternalServerErrorException(fault(500)), 'temporary'],
    [new BadRequestException(fault(400)), 'permanent'],
    [new NotFoundException(fault(404)), 'permanent'],
    [Object.assign(new Error('exceeded'), { name: 'TimeoutError', code: 'ETIMEDOUT' }), 'unknown'],
  ])('%s makes it %s, for no token’s sake', async (error, kind) => {
    pinpoint.on(SendMessagesCommand).rejects(error);
    expect(await provider.send(envelope())).toEqual({ kind, detail: `${error.name}: ${error.message}` });
    expect(left()).toHaveLength(1);
  });
});
