import { performance } from 'node:perf_hooks';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { csvCell } from '../../../runtime/http/csv.ts';
import { knownValues } from '../../../runtime/http/known-values.ts';
import { isAddressName, MASKED, maskedBody, maskedText } from '../../../runtime/http/mask.ts';

describe('a text for viewers', () => {
  test.each([
    ['ann@example.com', 'a***@example.com'],
    ['mail ann@example.com, or bob@x.cn', 'mail a***@example.com, or b***@x.cn'],
    ['https://x.cn/?email=ann%40example.com', 'https://x.cn/?email=a***%40example.com'],
    ['ann＠example．com', 'a***＠example．com'],
    ['13800138000', '*********00'],
    ['user13800138000', 'user*********00'],
    ['call 138 0013 8000 now', 'call ***********00 now'],
    ['+86 138-0000-1234', '+86************34'],
    ['+85291234567', '+85*******67'],
    ['１３８００１３８０００', '*********００'],
    ['1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n7\r\n8\r\n', '1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n7\r\n8\r\n'],
  ])('%s is shown as %s', (text, shown) => {
    expect(maskedText(text)).toBe(shown);
  });
  test.each([
    '2026-11-02',
    '2026-11-02T01:00:00.000Z',
    'sale-2026-11-11',
    'sale-20261111',
    'v1.2.3',
    '3f2a4b5c-1234-5678-9abc-1234567890ab',
    'abcdefghijklmn234567abcdef',
    '¥1,234,567.00',
    'ann@',
    '@home',
  ])('%s is no address', (text) => {
    expect(maskedText(text)).toBe(text);
  });
  test('what is known to be an address is masked within texts', () => {
    expect(maskedText('not 5551234!', knownValues(['5551234']))).toBe('not *****34!');
  });
  test('so it is among the longer ones of many others', () => {
    const others = Array.from({ length: 200 }, (_, n) => `+86138${10_000_000 + n}`);
    const known = knownValues([...others, '5551234', '55512345', 't'.repeat(200)]);
    expect(maskedText(`5551234-${others[7]}-55512345-5551234`, known)).toBe('*****34-+86*********07-******45-*****34');
    expect(maskedText(`to ${'t'.repeat(200)}`, known)).toBe(`to ${'*'.repeat(198)}tt`);
  });
  test('in a time that does not grow with their number', () => {
    const known = knownValues(Array.from({ length: 50_000 }, (_, n) => `+86138${10_000_000 + n}`));
    const started = performance.now();
    maskedText('+86138'.repeat(50_000), known);
    expect(performance.now() - started).toBeLessThan(2_000);
  });
  test.each([
    'a'.repeat(300_000),
    '@'.repeat(300_000),
    'a@'.repeat(150_000),
    '1 '.repeat(150_000),
    '%40'.repeat(100_000),
    `${'a.'.repeat(150_000)}@`,
  ])('takes no longer than its length (%#)', (text) => {
    const started = performance.now();
    maskedText(text);
    // Quadratic ones took minutes.
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

test.each([
  'phoneNumber',
  'phone_number',
  'workEmail',
  'e-mail',
  'phones',
  'Mobile',
  'tel2',
  '手机号',
  'EMAIL',
  'emailaddress',
])('%s is the name of an address', (name) => expect(isAddressName(name)).toBe(true));
test.each(['hotel', 'name', 'city', 'total', 'detail', 'status', 'cancelled', 'interest'])('%s is not', (name) =>
  expect(isAddressName(name)).toBe(false),
);

describe('a response for viewers', () => {
  const Schema = z.object({
    id: z.string(),
    count: z.number(),
    status: z.enum(['ok']),
    value: z.string().meta(MASKED).optional(),
    traits: z.record(z.string(), z.unknown()),
    consent: z.record(z.string(), z.object({ granted: z.boolean(), at: z.string() })).optional(),
    channels: z.record(z.string(), z.number()).optional(),
    key: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
  });
  const shown = (body: z.input<typeof Schema>) => maskedBody(body, Schema);

  test('has numbers, lists, names of properties and nested values masked, and counts of ours not', () => {
    expect(
      shown({
        id: 'ann@example.com',
        count: 13800138000,
        status: 'ok',
        value: 'tok',
        traits: {
          contact: 13800138000,
          age: 42,
          phones: ['5551', 5552, { home: '5553' }],
          'ann@example.com': true,
          'amy@example.com': false,
          list: [['bob@x.cn']],
        },
      }),
    ).toEqual({
      id: 'a***@example.com',
      count: 13800138000,
      status: 'ok',
      value: '***',
      traits: {
        contact: '*********00',
        age: 42,
        phones: ['****', '****', { home: '****' }],
        'a***@example.com': true,
        'a***@example.com (2)': false,
        list: [['b***@x.cn']],
      },
    });
  });
  test('has texts of named keys masked, also where they may be numbers', () => {
    const key = { 'trait:fax': '12345', 'trait:手机号': '138001', 'trait:token': null, 'trait:city': 'Ulm', hour: 9 };
    expect(shown({ id: 'ann', count: 1, status: 'ok', traits: {}, key })).toMatchObject({
      key: { ...key, 'trait:fax': '*****', 'trait:手机号': '****01' },
    });
  });
  test('keeps what only bears the name of a channel', () => {
    const body = {
      id: 'ann',
      count: 1,
      status: 'ok' as const,
      traits: {},
      consent: { email: { granted: true, at: '2026-11-02T01:00:00.000Z' } },
      channels: { email: 20_000_000 },
    };
    expect(shown(body)).toEqual(body);
  });
  test('has the values of named properties masked where a text beside them quotes them', () => {
    const body = { id: 'ann', count: 1, status: 'ok' as const, traits: { workPhone: '555 123', note: 'not 555 123' } };
    expect(JSON.stringify(shown(body))).not.toContain('555 123');
  });
});

test.each([
  ['=1+1', "'=1+1"],
  [' =1', "' =1"],
  ['\u00a0=1', "'\u00a0=1"],
  ['\u200b=1', "'\u200b=1"],
  ['＝1+1', "'＝1+1"],
  ['＠x', "'＠x"],
  ['\t1', "'\t1"],
  ['+8613800138000', "'+8613800138000"],
  ['a,"b"', '"a,""b"""'],
  [';=1', '";=1"'],
  ['ann', 'ann'],
  ['1=1', '1=1'],
])('the CSV cell of %j is %j', (value, cell) => expect(csvCell(value)).toBe(cell));
