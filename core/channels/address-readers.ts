import type { AddressReader } from './channel.ts';
import { emailReader } from './email/address-reader.ts';
import { pushReader } from './push/address-reader.ts';
import type { AddressedChannel } from './registry.ts';
import { smsReader } from './sms/address-reader.ts';

/** Apart from the registry: parsing phone numbers takes 41 kB, which only functions that read addresses need. */
const READERS: Record<AddressedChannel, AddressReader> = { email: emailReader, sms: smsReader, push: pushReader };

export const addressReaderOf = (channel: AddressedChannel): AddressReader => READERS[channel];
