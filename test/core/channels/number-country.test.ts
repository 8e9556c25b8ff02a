import { type CountryCode, getCountries, getExampleNumber, parsePhoneNumberFromString } from 'libphonenumber-js/mobile';
import examples from 'libphonenumber-js/mobile/examples';
import { expect, test } from 'vitest';
import { countryOfNumber } from '../../../core/channels/sms/number-country.ts';

/** As the library reads it. */
const libraryOf = (number: string): CountryCode | undefined => parsePhoneNumberFromString(number)?.country;

test('the country of a mobile number of each country is the one that the library reads', () => {
  const numbers = getCountries().flatMap((country) => getExampleNumber(country, examples)?.number ?? []);
  expect(numbers.length).toBeGreaterThan(230);
  const differing = numbers.filter((number) => libraryOf(number) !== countryOfNumber(number));
  expect(differing.map((number) => [number, libraryOf(number), countryOfNumber(number)])).toEqual([]);
});

test('so is that of each area code of those countries of America that share the code 1', () => {
  const codes = Array.from({ length: 800 }, (_, index) => String(index + 200));
  const numbers = codes.map((code) => `+1${code}2345678`);
  const valid = numbers.filter((number) => parsePhoneNumberFromString(number)?.isValid());
  expect(valid.length).toBeGreaterThan(420);
  const differing = valid.filter((number) => libraryOf(number) !== countryOfNumber(number));
  expect(differing.map((number) => [number, libraryOf(number), countryOfNumber(number)])).toEqual([]);
});

test('what is no number has none', () => {
  expect(['', '+', '13800138000', '+999', '+0'].map(countryOfNumber)).toEqual(Array(5).fill(undefined));
});
