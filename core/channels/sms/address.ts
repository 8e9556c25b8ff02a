import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/mobile/es6';
import type { Address } from '../address.ts';

/** Parses a number to E.164 (ITU), by `country` if it has no `+`; a value that is no mobile number is kept and marked. */
export function smsAddress(value: string, country: string): Address {
  const home: CountryCode | undefined = isSupportedCountry(country) ? country : undefined;
  const number = parsePhoneNumberFromString(value.trim(), home);
  return number?.isValid() ? { value: number.number, status: 'ok' } : { value: value.trim(), status: 'bad' };
}
