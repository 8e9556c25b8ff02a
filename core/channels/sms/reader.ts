import type { AddressReader } from '../channel.ts';
import { smsAddress } from './address.ts';

export const smsReader: AddressReader = {
  read: (value, country) =>
    (typeof value === 'string' && value !== '') || typeof value === 'number'
      ? smsAddress(String(value), country)
      : undefined,
  // A `+` that was not encoded comes as a blank.
  typed: (text, country) => smsAddress(text.replace(/^ /, '+'), country).value,
};
