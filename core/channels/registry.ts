import * as z from 'zod';
import type { Address } from './address.ts';
import type { ChannelKind } from './channel.ts';
import { email } from './email/index.ts';
import { push } from './push/index.ts';
import { sms } from './sms/index.ts';
import { webhook } from './webhook/index.ts';

/** Every channel that can be sent by: a new one is a folder and a line here. */
const KINDS = { email, sms, push, webhook };
type Kinds = typeof KINDS;
export type Channel = keyof Kinds;

export const CHANNELS = Object.keys(KINDS) as [Channel, ...Channel[]]; // the registry's own keys
export const ChannelSchema = z.enum(CHANNELS, { error: `must be a channel: one of ${CHANNELS.join(', ')}` });

export const kindOf = (channel: Channel): ChannelKind => KINDS[channel];

/** One value for each channel. */
export const byChannel = <Value>(makeOf: (channel: Channel) => Value): Record<Channel, Value> =>
  Object.fromEntries(CHANNELS.map((channel) => [channel, makeOf(channel)])) as Record<Channel, Value>; // all of them

/** Channels on which customers have addresses of their own. */
export type AddressedChannel = {
  [C in Channel]: Kinds[C]['address']['shape'] extends 'none' ? never : C;
}[Channel];
export const ADDRESSED_CHANNELS = CHANNELS.filter((channel) => kindOf(channel).address.shape !== 'none') as [
  AddressedChannel,
  ...AddressedChannel[],
]; // what the type says
export const AddressedChannelSchema = z.enum(ADDRESSED_CHANNELS, {
  error: `must be a channel on which customers have addresses: one of ${ADDRESSED_CHANNELS.join(', ')}`,
});

/** Channels on which customers can be reached. A channel without addresses of theirs needs a target in the settings. */
export const reachableChannels = (settings: unknown): Channel[] =>
  CHANNELS.filter((channel) => {
    const { shape, target } = kindOf(channel).address;
    return shape !== 'none' || target([], settings) !== undefined;
  });

/** Channels with receipts. */
export type ReportedChannel = { [C in Channel]: Kinds[C]['receipts'] extends 'none' ? never : C }[Channel];

/** Schema of a template's content, by channel. */
export const CONTENT_SHAPE = byChannel((channel) => kindOf(channel).content.optional()) as unknown as {
  [C in Channel]: z.ZodOptional<Kinds[C]['content']>;
}; // each channel's own schema

type SettingsOf<All> = All extends { settings: infer Settings } ? Settings : never;
type UnionToIntersection<All> = (All extends unknown ? (one: All) => void : never) extends (all: infer Whole) => void
  ? Whole
  : never;
/** Fields of the settings that channels read. */
export const SETTINGS_SHAPE = Object.assign(
  {},
  ...CHANNELS.map((channel) => kindOf(channel).settings),
) as UnionToIntersection<SettingsOf<Kinds[Channel]>>; // what the folders declare

type RenderedField = { [C in Channel]: keyof Kinds[C]['rendered'] }[Channel];
type FieldSchema<F> = {
  [C in Channel]: F extends keyof Kinds[C]['rendered'] ? Kinds[C]['rendered'][F] : never;
}[Channel];
/** Fields of a rendered message, of whichever channel. */
export const RENDERED_SHAPE = renderedShape() as {
  [F in RenderedField]: z.ZodOptional<z.ZodType<z.output<FieldSchema<F>>>>;
}; // what the folders declare

function renderedShape(): Record<string, z.ZodType> {
  const all = CHANNELS.flatMap((channel) => Object.entries(kindOf(channel).rendered));
  return Object.fromEntries(
    all.map(([name]) => {
      // Channels that give a field the same type have one schema for it.
      const byType = new Map(all.flatMap(([other, schema]) => (other === name ? [[schema.def.type, schema]] : [])));
      return [name, z.union([...byType.values()]).optional()];
    }),
  );
}

/** Channels of the settings that name none, in order. */
export const DEFAULT_CHANNELS: Channel[] = CHANNELS.filter((channel) => kindOf(channel).preference !== undefined).sort(
  (a, b) => (kindOf(a).preference ?? 0) - (kindOf(b).preference ?? 0),
);

/** Floors of the settings that name none. */
export const DEFAULT_FLOORS = CHANNELS.flatMap((channel) =>
  (kindOf(channel).floors ?? []).map((floor) => ({ ...floor, channel })),
);

type StoredOf<Kind> = Kind extends { shape: 'none' }
  ? never
  : Kind extends { merge(...args: never[]): infer Stored }
    ? Stored
    : Address;

/** Addresses of a profile, by channel. */
export type Addresses = { [C in Channel]?: StoredOf<Kinds[C]['address']> };

/** Where a message of a channel goes. */
export type Target = { [C in Channel]: { channel: C } & ReturnType<Kinds[C]['address']['target']> }[Channel];

/** A message in the form that a provider takes. */
export type Rendered = { [C in Channel]: { channel: C } & ReturnType<Kinds[C]['render']> }[Channel];

/** The addresses of one channel, as a list. */
export function addressesOn(addresses: Addresses, channel: Channel): Address[] {
  const held: Address | Address[] | undefined = addresses[channel];
  return held === undefined ? [] : Array.isArray(held) ? held : [held];
}

/** Returns `addresses` with these in place of the channel's; undefined: without any of the channel. */
export function withAddresses(addresses: Addresses, channel: Channel, held: unknown): Addresses {
  const { [channel]: _before, ...others } = addresses;
  return held === undefined ? others : { ...others, [channel]: held };
}
