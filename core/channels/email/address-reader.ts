import type { AddressReader } from '../channel.ts';
import { emailAddress } from './address.ts';

export const emailReader: AddressReader = {
  fromTrait: (value) => (typeof value === 'string' && value !== '' ? emailAddress(value) : undefined),
  parse: (text) => text.trim(),
};
