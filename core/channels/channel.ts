import type * as z from 'zod';
import type { SecretReference } from '../http/receiver.ts';
import type { Address } from './address.ts';

/** A channel: one folder, registered in `registry.ts`. All other code asks for these properties, never for a channel's name. */
export interface ChannelKind {
  /** Its name on the preference page. */
  label: { en: string; 'zh-Hans': string; 'zh-Hant': string };
  /** Position in the default list of channels, lowest first; absent: not in it. */
  preference?: number;
  /** Hours outside which a country wants no marketing messages, unless the settings say otherwise. */
  floors?: readonly { country: string; hours: [string, string][] }[];
  /** Schema of a template's content on it. Every string is Liquid. */
  content: z.ZodType;
  /** Field of the content that is compiled to HTML when the template is defined. */
  markup?: string;
  /** Faults of content that names what is not this deployment's, such as a sender; each by its field. */
  foreign?(content: unknown, deployed: Deployed): Doubt[];
  /** Why customers may not get the content as it is, given the settings; each by its field. */
  doubts?(content: unknown, surroundings: Surroundings): Doubt[];
  /** Fields of a rendered message, as previews and simulations show it. */
  rendered: Record<string, z.ZodType>;
  /** Fields of the settings that it reads, with their defaults. */
  settings?: Record<string, z.ZodType>;
  /** Secrets that its settings reference, each with its pointer in the settings. */
  secrets?(settings: unknown): SecretReference[];
  address: AddressKind;
  /** Who reports receipts of a message: its provider, the customer's app, or nobody. */
  receipts: 'provider' | 'app' | 'none';
  /** Reports that can come of a message on it, by receipts, answers and counted links. */
  reports: readonly ReportKind[];
  /** A message as the provider takes it. @throws RenderError */
  render(content: unknown, tools: RenderTools): object;
  /** Returns how many messages its provider counts and bills for a rendered one; absent: one. */
  billedUnits?(rendered: object): number;
}

export type ReportKind = 'delivered' | 'opened' | 'clicked' | 'bounced' | 'complained' | 'unsubscribed';

/** A fault, or a warning, about a field of the content. */
export interface Doubt {
  field: string;
  message: string;
}

/** These become part of every message beside its content. */
export interface Surroundings {
  isMarketing: boolean;
  /** All of them. */
  settings: unknown;
  /** ISO 3166: where most customers are. */
  country: string;
}

/** The addresses that a deployment may send from. */
export interface Deployed {
  /** Addresses, or `Name <address>`. */
  senders: readonly string[];
  /** Verified addresses and domains. */
  identities: readonly string[];
}

/** The addresses of a channel. */
export interface AddressKind {
  /** `one` address a customer; `many`, one a device; `none`: customers have none of their own, all are reached the same way. */
  shape: 'one' | 'many' | 'none';
  /** The country (ISO 3166) of an address, where the address says it. */
  country?(value: string): string | undefined;
  /** The trait that the address is read from. */
  trait?: string;
  /** Traits that the reading of `trait` depends on: when one changes, the address is read again. */
  dependsOnTraits?: readonly string[];
  /** The addresses after an event with this `context`; the same object where nothing has changed. */
  fromContext?(held: Address[] | undefined, context: Record<string, unknown> | undefined, at: number): unknown;
  /** `many`: the addresses of two profiles together. */
  merge?(into: Address[], from: Address[]): Address[];
  /** `many`: an address for a synthetic customer of a simulation. */
  synthetic?(at: number): Address;
  /** `many`: fields beside value and status. */
  fields?: Record<string, z.ZodType>;
  /** The form in which addresses are compared. */
  normalise(value: string): string;
  /** Why the value cannot be an address of this channel. */
  invalidReason?(value: string): string | undefined;
  /** Customers can be searched for by their address. */
  isSearchable: boolean;
  /** One profile has the address at a time, the last to register it: another profile loses it. */
  isExclusive: boolean;
  /** Customers answer STOP and START from the address; the answer applies to everybody who has it. */
  acceptsStopReplies: boolean;
  /** Returns where a message goes: to the addresses that may be used, none where customers have none. Undefined: the settings name no place. */
  target(usable: Address[], settings: unknown): object | undefined;
}

/** Reads the addresses of a channel on which customers have their own. `country` (ISO 3166) is that of the customer, or of the settings. */
export interface AddressReader {
  /** The address in the value of `trait`; undefined: none is in it. */
  fromTrait?(value: unknown, country: string): Address | undefined;
  /** The address that a person typed into a form or a URL. */
  parse(text: string, country: string): string;
}

/** Functions with which channels render their content; the variables and the link counter are bound in them. All may throw `RenderError`. */
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
  /** Refuses an empty message: at least one of the parts must not be blank. */
  requireSome(parts: Record<string, string | undefined>): void;
  /** Refuses a part that came out longer than `max`. */
  requireAtMost(max: number, unit: string, sizes: Record<string, number>): void;
  isMarketing: boolean;
  settings: unknown;
  /** Language of the content: that of its translation, or of the settings. */
  locale: string;
  /** Page on which the customer unsubscribes. */
  unsubscribeUrl: string;
}
