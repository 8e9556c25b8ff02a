import type { AddressReader } from '../channel.ts';

/** Tokens come from an event's context. */
export const pushReader: AddressReader = { parse: (text) => text.trim() };
