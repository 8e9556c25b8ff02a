import type { Addresses, Profile } from '../../../core/profiles/profile.ts';
import { isAddressName } from '../../../runtime/http/mask.ts';

const valuesOf = (addresses: Addresses): string[] =>
  [addresses.email?.value, addresses.sms?.value, ...(addresses.push ?? []).map(({ value }) => value)].filter(
    (value) => value !== undefined,
  );

/** A customer's addresses, also in the form that the customer gave: a text may quote `13800001234` without its country. */
export const knownAddresses = ({ addresses, traits }: Profile): string[] => [
  ...valuesOf(addresses),
  ...Object.entries(traits).flatMap(([name, { value }]) =>
    isAddressName(name) && (typeof value === 'string' || typeof value === 'number') ? [String(value)] : [],
  ),
];
