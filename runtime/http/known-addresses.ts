import { addressesOf } from '../../core/profiles/address-record.ts';
import type { Profile } from '../../core/profiles/profile.ts';
import { isAddressName } from './mask.ts';

/** A customer's addresses, also in the form that the customer gave: a text may quote `13800001234` without its country. */
export const knownAddresses = ({ addresses, traits }: Profile): string[] => [
  ...addressesOf(addresses).map(({ value }) => value),
  ...Object.entries(traits).flatMap(([name, { value }]) =>
    isAddressName(name) && (typeof value === 'string' || typeof value === 'number') ? [String(value)] : [],
  ),
];
