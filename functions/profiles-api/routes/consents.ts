import * as z from 'zod';
import { isConsentKey } from '../../../core/events/consent-key.ts';
import { lazySchema } from '../../../core/lazy-schema.ts';
import { MAX_CONSENTS } from '../../../core/limits.ts';
import { droppedConsentKeys, foldConsents } from '../../../core/profiles/consent.ts';
import type { ConsentEntry } from '../../../core/profiles/profile.ts';
import { iso, parseInstant } from '../../../core/time/instant.ts';
import { invalidAt } from '../../../engine/errors.ts';
import { requireProfile } from '../../../engine/profiles/find-profile.ts';
import { fill, PageQuerySchema, page, pageOf, readCursor } from '../../../runtime/http/cursor.ts';
import { knownAddresses } from '../../../runtime/http/known-addresses.ts';
import { route } from './route.ts';

const ConsentKeySchema = z.string().refine(isConsentKey, 'must be a channel, or channel:topic');
const ConsentViewSchema = lazySchema(() =>
  z.object({
    key: z.string(),
    granted: z.boolean(),
    at: z.string(),
    source: z.enum(['sdk', 'page', 'stop', 'one-click', 'api', 'import']),
    actor: z.string().optional(),
    text: z.string().optional(),
  }),
);
const consentView = ({ key, at, ...entry }: ConsentEntry & { key: string }) => ({ key, ...entry, at: iso(at) });

export const consents = route({
  method: 'GET',
  path: '/v1/profiles/{id+}/consents',
  role: 'viewer',
  operationId: 'listConsents',
  summary: 'List consents',
  description: 'The ledger of a profile, newest first.',
  query: PageQuerySchema,
  response: () => pageOf(ConsentViewSchema),
  handle: async (deps, { params, query, path }) => {
    const { home, profile } = await requireProfile(deps, params.id);
    const from = readCursor(path, z.string(), query.cursor);
    const found = await fill({ limit: query.limit, from }, async (limit, cursor) => {
      const { entries, next } = await deps.profilePages.ledger(home.key, { limit, cursor });
      return { items: entries, next };
    });
    return { body: page(path, found.items.map(consentView), found.next), known: knownAddresses(profile) };
  },
});

export const addConsent = route({
  method: 'POST',
  path: '/v1/profiles/{id+}/consents',
  role: 'marketer',
  operationId: 'recordConsent',
  summary: 'Record a consent',
  description: 'Given or withdrawn; the later entry holds.',
  status: 201,
  body: () =>
    z.strictObject({
      key: ConsentKeySchema,
      granted: z.boolean(),
      at: z.string().optional(),
      source: z.enum(['api', 'import']).default('api'),
      text: z.string().max(2_000).optional(),
    }),
  response: ConsentViewSchema,
  handle: async (deps, { params, body, caller }) => {
    const now = deps.clock();
    const at = body.at === undefined ? now : parseInstant(body.at);
    if (at === undefined) throw invalidAt('/at', 'must be an ISO 8601 instant');
    if (at > now) throw invalidAt('/at', 'lies in the future');
    const { home } = await requireProfile(deps, params.id);
    const entry: ConsentEntry = {
      granted: body.granted,
      at,
      source: body.source,
      actor: caller.sub,
      ...(body.text === undefined ? {} : { text: body.text }),
    };
    const entries = [{ key: body.key, entry }];
    if (droppedConsentKeys(home.consents, entries).includes(body.key))
      throw invalidAt('/key', `has no room: a profile remembers ${MAX_CONSENTS} topics`);
    await deps.profiles.addConsents(home.key, entries, (held) => foldConsents(held, entries));
    return { body: consentView({ key: body.key, ...entry }) };
  },
});
