import type { Address } from '../channels/address.ts';
import {
  ADDRESSED_CHANNELS,
  type Addresses,
  addressesOn,
  type Channel,
  kindOf,
  withAddresses,
} from '../channels/registry.ts';

/** The same value keeps its status; a new one starts without. */
const replaced = (held: Address | undefined, next: Address): Address => (held?.value === next.value ? held : next);

/** The address read from a trait takes the place of the one before; undefined: there is none any more. */
export function withAddress(addresses: Addresses, channel: Channel, address: Address | undefined): Addresses {
  const [held] = addressesOn(addresses, channel);
  return withAddresses(addresses, channel, address && replaced(held, address));
}

/** Replaces a token by the provider's new value. */
export const withRenewed = <One extends Address>(tokens: readonly One[], old: string, renewed: string): One[] =>
  tokens.some(({ value }) => value === old)
    ? tokens.flatMap((token) =>
        token.value === renewed ? [] : [token.value === old ? { ...token, value: renewed } : token],
      )
    : [...tokens];

/**
 * Merges the addresses of two profiles: keeps the address that goes with the newer trait (`isNewer`: that of `from`), and all that a customer may
 * have several of.
 * A value that both have stays marked where one has it marked.
 */
export function mergedAddresses(into: Addresses, from: Addresses, isNewer: (channel: Channel) => boolean): Addresses {
  let merged: Addresses = {};
  for (const channel of ADDRESSED_CHANNELS) {
    const { merge } = kindOf(channel).address;
    const [own, other] = [addressesOn(into, channel), addressesOn(from, channel)];
    const held = merge === undefined ? chosen(own[0], other[0], isNewer(channel)) : merge(own, other);
    const isEmpty = held === undefined || (Array.isArray(held) && held.length === 0);
    if (!isEmpty) merged = withAddresses(merged, channel, held);
  }
  return merged;
}

function chosen(own: Address | undefined, other: Address | undefined, isNewer: boolean): Address | undefined {
  if (own !== undefined && own.value === other?.value) return own.status === 'ok' ? other : own;
  return isNewer ? other : own;
}
