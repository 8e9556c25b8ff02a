import type { AddressReader } from '../channel.ts';
import { smsAddress } from './address.ts';

export const smsReader: AddressReader = {
  fromTrait: (value, country) =>
    (typeof value === 'string' && value !== '') || typeof value === 'number'
      ? smsAddress(String(value), country)
      : undefined,
  // A `+` that was not encoded comes as a blank.
  parse: (text, country) => smsAddress(text.replace(/^ /, '+'), country).value,
};
