import type * as z from 'zod';
import type { SecretReference } from '../http/receiver.ts';
import type { Address } from './address.ts';

/** What a channel is. One folder a channel, registered in `registry.ts`; everything else asks for these properties, never for a channel's name. */
export interface ChannelKind {
  /** As customers read it on the preference page. */
  label: { en: string; zh: string };
  /** Place in the settings' default list of channels, lowest first; absent: not in it. */
  preference?: number;
  /** What a template says on it. Every string is Liquid. */
  content: z.ZodType;
  /** Field of the content that is compiled to HTML when the template is defined. */
  markup?: string;
  /** Fields of a rendered message, as previews and simulations show it. */
  rendered: Record<string, z.ZodType>;
  /** Fields of the settings that it reads, with their defaults. */
  settings?: Record<string, z.ZodType>;
  /** Secrets that its settings reference, each with its pointer in the settings. */
  secrets?(settings: unknown): SecretReference[];
  address: AddressKind;
  /** Who reports what became of a message: its provider, the customer's app, or nobody. */
  receipts: 'provider' | 'app' | 'none';
  /** A message as the provider takes it. @throws RenderError */
  render(content: unknown, tools: RenderTools): object;
}

/** How customers are reached on a channel. */
export interface AddressKind {
  /** `one` address a customer; `many`, one a device; `everybody`: no customer has one, all are reached the same way. */
  shape: 'one' | 'many' | 'everybody';
  /** The trait that the address is read from. */
  trait?: string;
  /** Traits with which that one is read anew. */
  readWith?: readonly string[];
  /** The addresses after an event with this `context`; the same object where nothing has changed. */
  fromContext?(held: Address[] | undefined, context: Record<string, unknown> | undefined, at: number): unknown;
  /** `many`: the addresses of two profiles together. */
  merge?(into: Address[], from: Address[]): Address[];
  /** `many`: an address for a synthetic customer of a simulation. */
  synthetic?(at: number): Address;
  /** `many`: fields beside value and status. */
  fields?: Record<string, z.ZodType>;
  /** As addresses are compared. */
  normal(value: string): string;
  /** Why no customer can have this address. */
  fault?(value: string): string | undefined;
  /** Customers are found by their address. */
  isLookedUp: boolean;
  /** The address belongs to the profile that had it last: another's leaves it. */
  isOwned: boolean;
  /** STOP and START come from the address, and bind everybody who has it. */
  isAnswered: boolean;
  /** Where a message goes: the addresses that may be used, or for `everybody` none. Undefined: the settings name no place. */
  target(usable: Address[], settings: unknown): object | undefined;
}

/** Reads the addresses of a channel on which customers have their own. `country` (ISO 3166) is that of the customer, or of the settings. */
export interface AddressReader {
  /** The address in a trait's value; undefined: the value holds none. */
  read?(value: unknown, country: string): Address | undefined;
  /** An address as a person types it into a form or a URL. */
  typed(text: string, country: string): string;
}

/** What channels render their content with; the variables and the link counter are bound in it. All may throw `RenderError`. */
export interface RenderTools {
  /** Liquid as text. */
  text(source: string): string;
  /** Liquid as text, with the links counted that the author wrote. */
  linkedText(source: string): string;
  /** Liquid as HTML, with the links counted that the author wrote. */
  linkedHtml(source: string): string;
  /** Liquid in every string of a JSON value: one output alone keeps its type. */
  value(source: unknown): unknown;
  /** HTML that was compiled of this content's `markup`. */
  compiled: string | undefined;
  /** Refuses a message that says nothing: at least one of the parts must not be blank. */
  requireSome(parts: Record<string, string | undefined>): void;
  isMarketing: boolean;
  settings: unknown;
}
