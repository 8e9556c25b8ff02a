import { describe, expect, it, vi } from 'vitest';
import { startOutbox } from '../../local/providers/outbox.ts';
import { sendPush } from '../../local/providers/pinpoint.ts';
import { requestFaults } from '../../local/providers/requests.ts';
import { sendEmail } from '../../local/providers/ses.ts';
import { sendText } from '../../local/providers/sms.ts';

const part = (Data: string) => ({ Data, Charset: 'UTF-8' });
const email = (more: object = {}, simple: object = {}) => ({
  FromEmailAddress: 'Shop <news@shop.example>',
  Destination: { ToAddresses: ['ann@example.com'] },
  EmailTags: [{ Name: 'message', Value: 'm1' }],
  Content: { Simple: { Subject: part('Hello'), Body: { Text: part('there') }, ...simple } },
  ...more,
});
const sms = (more: object = {}) => ({
  DestinationPhoneNumber: '+8613800138000',
  MessageBody: 'Hello',
  MessageType: 'PROMOTIONAL',
  MaxPrice: '0.05',
  TimeToLive: 60,
  Context: { message: 'm1' },
  ...more,
});
const addresses = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`token-${index}`, { ChannelType: 'GCM' }]));
const push = (more: object = {}, said: object = {}) => ({
  ApplicationId: 'app-1',
  MessageRequest: {
    Addresses: addresses(1),
    MessageConfiguration: { GCMMessage: { Title: 'Hello', Body: 'there', Action: 'OPEN_APP', ...said } },
    ...more,
  },
});
const header = (Value: string) => ({ Headers: [{ Name: 'List-Unsubscribe', Value }] });
const many = <Item>(count: number, item: Item): Item[] => Array.from({ length: count }, () => item);

describe('a request to a provider', () => {
  it.each([
    ['SendEmail', email(), undefined],
    ['SendEmail', email({}, header('x'.repeat(995))), undefined],
    ['SendEmail', email({}, header('x'.repeat(996))), '/Content/Simple/Headers/0/Value: must be at most 995'],
    ['SendEmail', email({}, header('https://例え.example')), '/Content/Simple/Headers/0/Value: must match [ -~]*'],
    ['SendEmail', email({}, { Subject: undefined }), '/Content/Simple/Subject: is missing'],
    ['SendEmail', email({}, { Subject: { Data: 7 } }), '/Content/Simple/Subject/Data: must be a string'],
    ['SendEmail', email({}, { Subject: part('two\nlines') }), '/Content/Simple/Subject: has more than one line'],
    ['SendEmail', email({ Content: undefined }), '/Content: is missing'],
    ['SendEmail', email({ Tags: [] }), '/Tags: is unknown'],
    ['SendEmail', email({ Destination: {} }), '/Destination: has no recipient'],
    ['SendEmail', email({ Destination: { ToAddresses: many(51, 'a@b.example') } }), '/Destination: has 51 recipients'],
    ['SendEmail', email({ EmailTags: [{ Name: 'source', Value: 'journey:a' }] }), '/EmailTags/0: may hold ASCII'],
    ['SendEmail', email({}, { Body: { Html: part('x'.repeat(10 * 1024 * 1024)) } }), '/Content: has 10'],
    ['SendTextMessage', sms(), undefined],
    ['SendTextMessage', sms({ DestinationPhoneNumber: '013800138000' }), '/DestinationPhoneNumber: must match'],
    ['SendTextMessage', sms({ DestinationPhoneNumber: undefined }), '/DestinationPhoneNumber: is missing'],
    ['SendTextMessage', sms({ MessageBody: 'x'.repeat(1_601) }), '/MessageBody: must be at most 1600'],
    ['SendTextMessage', sms({ MessageBody: ' ' }), '/MessageBody: must match'],
    ['SendTextMessage', sms({ MessageType: 'MARKETING' }), '/MessageType: must be one of TRANSACTIONAL, PROMOTIONAL'],
    ['SendTextMessage', sms({ MaxPrice: '5' }), '/MaxPrice: must be at least 2'],
    ['SendTextMessage', sms({ TimeToLive: 4 }), '/TimeToLive: must be at least 5'],
    ['SendTextMessage', sms({ TimeToLive: 60.5 }), '/TimeToLive: must be a integer'],
    ['SendTextMessage', sms({ Context: Object.fromEntries(addressesIn(6)) }), '/Context: must be at most 5'],
    ['SendTextMessage', sms({ Context: { message: ' m1' } }), '/Context/value 0: must match'],
    ['SendMessages', push(), undefined],
    ['SendMessages', push({ Addresses: addresses(100) }), undefined],
    ['SendMessages', push({ Addresses: addresses(101) }), '/MessageRequest/Addresses: has 101 addresses'],
    ['SendMessages', push({ Addresses: {} }), '/MessageRequest/Addresses: has no address'],
    ['SendMessages', push({ MessageConfiguration: undefined }), '/MessageRequest/MessageConfiguration: is missing'],
    [
      'SendMessages',
      push({ Addresses: { token: { ChannelType: 'FCM' } } }),
      '/MessageRequest/Addresses/value 0/ChannelType',
    ],
    [
      'SendMessages',
      push({}, { Action: 'OPEN' }),
      '/MessageRequest/MessageConfiguration/GCMMessage/Action: must be one of',
    ],
    [
      'SendMessages',
      push({}, { Subtitle: 'x' }),
      '/MessageRequest/MessageConfiguration/GCMMessage/Subtitle: is unknown',
    ],
    ['SendMessages', push({}, { Body: '"'.repeat(2_100) }), '/MessageRequest/MessageConfiguration/GCMMessage: has 4'],
  ] as const)('%s is checked by the model and the limits of AWS: case %#', (operation, input, fault) => {
    const found = requestFaults(operation, input);
    expect(found).toEqual(fault === undefined ? [] : [expect.stringContaining(fault)]);
  });

  it('that is wrong is refused by each stand-in, told to who runs Cairn, and reaches nobody', () => {
    const told = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const outbox = startOutbox();
    outbox.fault('email', 'throttle', 1);
    const now = '2026-11-02T01:00:00.000Z';
    expect([
      sendEmail(outbox, { ...email(), Content: {}, Other: 1 }, now),
      sendText(outbox, sms({ MessageBody: '' }), now),
      sendPush(outbox, { Addresses: { 'secret-token': {} } }, now),
    ]).toMatchObject([
      { status: 400, headers: { 'x-amzn-errortype': 'BadRequestException' } },
      { status: 400, body: { __type: 'ValidationException' } },
      { status: 400, headers: { 'x-amzn-errortype': 'BadRequestException' } },
    ]);
    expect(outbox.items).toEqual([]);
    expect(told).toHaveBeenCalledTimes(3);
    expect(JSON.stringify(told.mock.calls)).not.toMatch(/ann@|\+86|secret-token/);
    // A request that is none meets no fault either.
    expect(outbox.meets('email')).toBe('throttle');
    told.mockRestore();
  });
});

function addressesIn(count: number): [string, string][] {
  return Array.from({ length: count }, (_, index) => [`key-${index}`, 'x']);
}
