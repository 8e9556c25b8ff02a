import * as z from 'zod';
import { DefinitionIdSchema } from '../definition-id.ts';
import { escapePointer } from '../json-pointer.ts';
import { lazySchema } from '../lazy-schema.ts';

export const METHODS = ['POST', 'GET', 'PUT', 'PATCH', 'DELETE'] as const;
export type Method = (typeof METHODS)[number];

const MAX_HEADERS = 20;
const MAX_CHARACTERS = 2_000;
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** URL of a receiver. Only people choose the host; it never comes from an event or a trait. */
export const ReceiverUrlSchema = z.string('must be an https URL').superRefine((text, context) => {
  const refuse = (message: string) => context.addIssue({ code: 'custom', message });
  if (!URL.canParse(text)) return refuse('must be an https URL');
  const url = new URL(text);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && LOOPBACK.has(url.hostname)))
    return refuse('must be an https URL');
  if (url.username !== '' || url.password !== '') return refuse('must not hold a password');
  if (/[{}]|%7[bd]/i.test(url.host) || /^[^/]*\/\/[^/?#]*[{}]/.test(text)) refuse('the host must not be Liquid');
});

/** Value of a header: text, or the id of a secret, which is read only for the call. */
export const HeaderValueSchema = lazySchema(() =>
  z.union([z.string(), z.strictObject({ secret: DefinitionIdSchema })], {
    error: 'must be text, or {"secret": "crm-token"}',
  }),
);
export type Headers = Record<string, z.infer<typeof HeaderValueSchema>>;

/** Headers that Cairn sets itself, and headers that control the connection. */
const RESERVED =
  /^(?:host|content-length|transfer-encoding|connection|keep-alive|te|trailer|upgrade|expect|proxy-.*|webhook-(?:id|timestamp|signature))$/i;
/** HTTP allows these characters in a header's value. */
const SENDABLE = /^[\t\x20-\x7e\x80-\xff]*$/;
export const HeadersSchema = z.record(z.string(), HeaderValueSchema).superRefine((headers, context) => {
  const names = Object.keys(headers);
  const lower = names.map((name) => name.toLowerCase());
  const refuse = (name: string, message: string) => context.addIssue({ code: 'custom', path: [name], message });
  if (names.length > MAX_HEADERS) context.addIssue({ code: 'custom', message: `at most ${MAX_HEADERS} headers` });
  for (const [index, name] of names.entries()) {
    if (!/^[\w!#$%&'*+.^`|~-]{1,100}$/.test(name)) refuse(name, 'is no name of a header');
    else if (RESERVED.test(name)) refuse(name, 'is set by Cairn');
    else if (lower.indexOf(name.toLowerCase()) < index) refuse(name, 'is there twice');
    const value = headers[name];
    if (typeof value !== 'string') continue;
    if (value.length > MAX_CHARACTERS) refuse(name, `at most ${MAX_CHARACTERS} characters`);
    if (!SENDABLE.test(value)) refuse(name, 'must be characters of Latin-1 without line breaks: HTTP sends no others');
  }
});

/** Response of a receiver. */
export interface Answer {
  /** 0: it could not be reached, or took too long. */
  status: number;
  /** JSON if it parses, else text. */
  body?: unknown;
}

/** A reference to a secret, with its pointer. */
export interface SecretReference {
  path: string;
  secret: string;
}

/** Returns the secrets that headers reference; pointers begin at the headers. */
export const secretsIn = (headers: Headers = {}): SecretReference[] =>
  Object.entries(headers).flatMap(([name, value]) =>
    typeof value === 'string' ? [] : [{ path: `/${escapePointer(name)}/secret`, secret: value.secret }],
  );

/** Headers as they are sent, and the secrets among their values; `gone`: a header whose secret there is no more. */
export type ReadHeaders = { values: Record<string, string>; secrets: string[] } | { gone: string };

/** Reads the secrets, just before the call. */
export async function readHeaders(
  headers: Headers,
  secretOf: (secret: string) => Promise<string | undefined>,
): Promise<ReadHeaders> {
  const values: Record<string, string> = {};
  const secrets: string[] = [];
  for (const [name, value] of Object.entries(headers)) {
    const text = typeof value === 'string' ? value : await secretOf(value.secret);
    if (text === undefined) return { gone: name };
    if (typeof value !== 'string') secrets.push(text);
    values[name] = text;
  }
  return { values, secrets };
}
