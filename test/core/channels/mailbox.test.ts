import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatMailbox, parseMailbox } from '../../../core/channels/email/mailbox.ts';

const formatted = (text: string): string => formatMailbox(parseMailbox(text));

describe('a sender, as a mail’s header has it', () => {
  test.each([
    ['news@shop.test', 'news@shop.test'],
    ['Shop <news@shop.test>', 'Shop <news@shop.test>'],
    [' Shop  News < news@shop.test > ', 'Shop News <news@shop.test>'],
    // A provider takes a bare comma for the end of an address, and a bare colon for that of a group’s name.
    ['Shop, Inc. <news@shop.test>', '"Shop, Inc." <news@shop.test>'],
    ['"Shop, Inc." <news@shop.test>', '"Shop, Inc." <news@shop.test>'],
    ['News: today <news@shop.test>', '"News: today" <news@shop.test>'],
    ['The "best" \\ shop <news@shop.test>', '"The \\"best\\" \\\\ shop" <news@shop.test>'],
    ['小店 <news@shop.test>', '=?UTF-8?B?5bCP5bqX?= <news@shop.test>'],
    ['=?UTF-8?B?5bCP5bqX?= <news@shop.test>', '=?UTF-8?B?5bCP5bqX?= <news@shop.test>'],
    ['Shop <news@münchen.test>', 'Shop <news@xn--mnchen-3ya.test>'],
  ])('%s', (given, header) => {
    expect(formatted(given)).toBe(header);
  });

  test('has words of 75 characters and ASCII alone, in which no character is split', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('店', '🛒', 'é', 'a', ' '), { minLength: 1, maxLength: 60 }),
        (characters) => {
          const name = `店${characters.join('').replaceAll(/\s+/g, ' ').trim()}`;
          const words = formatMailbox({ name, address: 'news@shop.test' }).split(' ').slice(0, -1);
          for (const word of words) expect(word).toMatch(/^=\?UTF-8\?B\?[\w+/=]{1,63}\?=$/);
          const texts = words.map((word) => Buffer.from(word.slice(10, -2), 'base64').toString());
          expect(texts.join('')).toBe(name);
          expect(texts.join('')).not.toContain('\uFFFD');
        },
      ),
    );
  });
});
