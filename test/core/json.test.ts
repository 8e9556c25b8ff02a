import { describe, expect, it } from 'vitest';
import { parseExactly, pointerToInfinity } from '../../core/json.ts';

const parse = (text: string) => parseExactly(text, (name) => name === 'userId');

describe('JSON read exactly', () => {
  it.each([
    ['1234567890123456789', '1234567890123456789'],
    ['-9007199254740993', '-9007199254740993'],
    ['9007199254740991', 9007199254740991],
    ['42', 42],
    ['0.1', 0.1],
    ['1234567890.12345', 1234567890.12345],
    ['1e3', 1000],
  ])('%s is %o', (text, value) => {
    expect(parse(`{"total": ${text}}`)).toEqual({ total: value });
    expect(parse(`[{"userId": ${text}, "pad": "1234567890123456"}]`)).toMatchObject([{ userId: value }]);
  });

  it('two numbers that a double makes one of stay two', () => {
    const [a, b] = parse('[1234567890123456788, 1234567890123456789]') as string[];
    expect(a).not.toBe(b);
  });

  it('fractions that a double rounds are numbers, but text as an id', () => {
    expect(parse('{"total": 0.12345678901234567891, "userId": 1.2345678901234567891}')).toEqual({
      total: 0.12345678901234568,
      userId: '1.2345678901234567891',
    });
  });

  it('digits within strings are left as they are', () => {
    expect(parse('{"code": "1234567890123456789"}')).toEqual({ code: '1234567890123456789' });
  });

  it('is JSON still', () => {
    expect(() => parse('{"userId": 1234567890123456789')).toThrow(SyntaxError);
  });
});

describe('a number that no double holds', () => {
  it.each([
    ['{"a": 1}', undefined],
    ['1e400', ''],
    ['{"traits": {"a/b": [1, -1e400]}}', '/traits/a~1b/1'],
  ])('%s: %s', (text, path) => {
    expect(pointerToInfinity(parse(text))).toBe(path);
  });
});
