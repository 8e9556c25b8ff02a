import type { AddressReader } from '../channel.ts';
import { emailAddress } from './address.ts';

export const emailReader: AddressReader = {
  read: (value) => (typeof value === 'string' && value !== '' ? emailAddress(value) : undefined),
  typed: (text) => text.trim(),
};
