import * as z from 'zod';
import type { Address } from './address.ts';
import type { ChannelKind } from './channel.ts';
import { email } from './email/index.ts';
import { push } from './push/index.ts';
import { sms } from './sms/index.ts';

/** Every channel that can be sent by: a new one is a folder and a line here. */
const KINDS = { email, sms, push };
type Kinds = typeof KINDS;
export type Channel = keyof Kinds;

export const CHANNELS = Object.keys(KINDS) as [Channel, ...Channel[]]; // the registry's own keys
export const ChannelSchema = z.enum(CHANNELS, { error: `must be a channel: one of ${CHANNELS.join(', ')}` });

export const kindOf = (channel: Channel): ChannelKind => KINDS[channel];

/** One value for each channel. */
export const byChannel = <Value>(makeOf: (channel: Channel) => Value): Record<Channel, Value> =>
  Object.fromEntries(CHANNELS.map((channel) => [channel, makeOf(channel)])) as Record<Channel, Value>; // all of them

/** What a template says, by channel. */
export const CONTENT_SHAPE = byChannel((channel) => kindOf(channel).content.optional()) as unknown as {
  [C in Channel]: z.ZodOptional<Kinds[C]['content']>;
}; // each channel's own schema

type Union<All> = All extends { settings: infer Settings } ? Settings : never;
type Together<All> = (All extends unknown ? (one: All) => void : never) extends (all: infer Whole) => void
  ? Whole
  : never;
/** Fields of the settings that channels read. */
export const SETTINGS_SHAPE = Object.assign({}, ...CHANNELS.map((channel) => kindOf(channel).settings)) as Together<
  Union<Kinds[Channel]>
>; // what the folders declare

/** Channels of the settings that name none, in order. */
export const DEFAULT_CHANNELS: Channel[] = CHANNELS.filter((channel) => kindOf(channel).preference !== undefined).sort(
  (a, b) => (kindOf(a).preference ?? 0) - (kindOf(b).preference ?? 0),
);

type StoredOf<Kind> = Kind extends { shape: 'everybody' }
  ? never
  : Kind extends { merge(...args: never[]): infer Stored }
    ? Stored
    : Address;

/** What a profile holds of its addresses, by channel. */
export type Addresses = { [C in Channel]?: StoredOf<Kinds[C]['address']> };

/** Where a message of a channel goes. */
export type Target = { [C in Channel]: { channel: C } & ReturnType<Kinds[C]['address']['target']> }[Channel];

/** A message in the form that a provider takes. */
export type Rendered = { [C in Channel]: { channel: C } & ReturnType<Kinds[C]['render']> }[Channel];

/** The addresses of one channel, as a list. */
export function heldOn(addresses: Addresses, channel: Channel): Address[] {
  const held: Address | Address[] | undefined = addresses[channel];
  return held === undefined ? [] : Array.isArray(held) ? held : [held];
}

/** `addresses` with these of the channel; undefined: with none. */
export function withAddresses(addresses: Addresses, channel: Channel, held: unknown): Addresses {
  const { [channel]: _before, ...others } = addresses;
  return held === undefined ? others : { ...others, [channel]: held };
}
