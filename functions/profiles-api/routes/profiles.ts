import * as z from 'zod';
import { addressReaderOf } from '../../../core/channels/address-readers.ts';
import { ADDRESSED_CHANNELS, kindOf } from '../../../core/channels/registry.ts';
import { isConsentKey } from '../../../core/events/consent-key.ts';
import type { CairnEvent } from '../../../core/events/event.ts';
import { isInternal, manualTagEvent } from '../../../core/events/internal.ts';
import { addressFault } from '../../../core/events/item-faults.ts';
import { TIMELINE_MS } from '../../../core/events/timeline.ts';
import { pointerToInfinity } from '../../../core/json.ts';
import { pointer } from '../../../core/json-pointer.ts';
import { lazySchema } from '../../../core/lazy-schema.ts';
import { MAX_CONSENTS, MAX_ITEM_BYTES, MAX_NAME_CHARACTERS, MAX_TRAITS_BYTES } from '../../../core/limits.ts';
import { mapWithConcurrency } from '../../../core/map-with-concurrency.ts';
import { type AddressRef, normalAddress } from '../../../core/profiles/address-record.ts';
import { droppedConsentKeys, foldConsents } from '../../../core/profiles/consent.ts';
import type { ConsentEntry } from '../../../core/profiles/profile.ts';
import { iso, parseInstant } from '../../../core/time/instant.ts';
import { requireHead } from '../../../engine/definitions/read-definition.ts';
import { DomainError, invalidAt } from '../../../engine/errors.ts';
import { profileOfKey, requireProfile } from '../../../engine/profiles/find-profile.ts';
import { eventOut } from '../../../engine/profiles/outgoing.ts';
import { patchTraits } from '../../../engine/profiles/patch-traits.ts';
import { fill, PageQuerySchema, page, pageOf, readCursor } from '../../../runtime/http/cursor.ts';
import { knownAddresses } from '../../../runtime/http/known-addresses.ts';
import { requireQueueable } from '../../../runtime/http/queueable.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { ProfileSchema, profileView } from './profile-view.ts';
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

const PlaceInTimelineSchema = lazySchema(() => z.object({ after: z.string().optional(), before: z.string() }));

const EventSchema = lazySchema(() =>
  z.object({
    messageId: z.string(),
    type: z.string(),
    event: z.string().optional(),
    timestamp: z.string(),
    receivedAt: z.string(),
    properties: z.record(z.string(), z.unknown()).optional(),
    traits: z.record(z.string(), z.unknown()).optional(),
    context: z.record(z.string(), z.unknown()).optional(),
    groupId: z.string().optional(),
  }),
);
const eventView = (event: CairnEvent): z.input<typeof EventSchema> => ({
  messageId: event.id,
  type: event.type,
  ...(event.name === undefined ? {} : { event: event.name }),
  timestamp: iso(event.at),
  receivedAt: iso(event.receivedAt),
  ...(event.properties === undefined ? {} : { properties: event.properties }),
  ...(event.traits === undefined ? {} : { traits: event.traits }),
  ...(event.context === undefined ? {} : { context: event.context }),
  ...(event.groupId === undefined ? {} : { groupId: event.groupId }),
});

/** Traits by whose address profiles are found. */
const FOUND_BY = { email: z.string().max(320).optional(), phone: z.string().max(64).optional() };

const find = route({
  method: 'GET',
  path: '/v1/profiles',
  role: 'viewer',
  operationId: 'findProfiles',
  summary: 'Find profiles by address',
  description: 'Profiles with this e-mail address or phone number; people share them.',
  query: () => PageQuerySchema.extend(FOUND_BY),
  response: () => pageOf(ProfileSchema),
  handle: async (deps, { query, path }) => {
    const { limit, cursor: _cursor, ...asked } = query;
    const ref = await askedAddress(deps, asked);
    const scope = `${path}?${ref.channel}=${normalAddress(ref.channel, ref.value)}`;
    const from = readCursor(scope, z.string(), query.cursor);
    const { items: found, next } = await fill({ limit, from }, async (most, cursor) => {
      const read = await deps.profiles.byAddress(ref, { limit: most, cursor });
      const profiles = await mapWithConcurrency(CONCURRENCY, read.keys, (key) => profileOfKey(deps, key));
      const items = await mapWithConcurrency(CONCURRENCY, profiles, async (profile) => ({
        view: await profileView(deps, profile),
        known: knownAddresses(profile.profile),
      }));
      return { items, next: read.next };
    });
    return {
      body: page(
        scope,
        found.map(({ view }) => view),
        next,
      ),
      known: found.flatMap(({ known }) => known),
    };
  },
});

/** Profiles that are read concurrently. */
const CONCURRENCY = 16;

/** Parsed like the trait of a customer in the settings' country. A `+` that was not encoded arrives as a blank. */
async function askedAddress(deps: Deps, asked: Record<string, string | undefined>): Promise<AddressRef> {
  const { settings } = (await deps.catalog.snapshot()).snapshot;
  const refs = ADDRESSED_CHANNELS.flatMap((channel) => {
    const { trait = '' } = kindOf(channel).address;
    const text = asked[trait];
    return text === undefined ? [] : [{ channel, value: addressReaderOf(channel).parse(text, settings.country) }];
  });
  const [only, ...others] = refs;
  if (only === undefined || others.length > 0)
    throw invalidAt(
      '/query',
      `needs one of ${Object.keys(FOUND_BY).join(', ')}; a profile by its id is GET /v1/profiles/{id}`,
    );
  return only;
}

const get = route({
  method: 'GET',
  path: '/v1/profiles/{id+}',
  role: 'viewer',
  operationId: 'getProfile',
  summary: 'Get a profile',
  description: 'By userId, else by anonymousId.',
  response: ProfileSchema,
  handle: async (deps, { params }) => {
    const found = await requireProfile(deps, params.id);
    return { body: await profileView(deps, found), known: knownAddresses(found.profile) };
  },
});

const patch = route({
  method: 'PATCH',
  path: '/v1/profiles/{id+}',
  role: 'marketer',
  operationId: 'updateProfile',
  summary: 'Update traits',
  description: '`null` removes a trait.',
  body: () => z.strictObject({ traits: z.record(z.string().min(1).max(MAX_NAME_CHARACTERS), z.unknown()) }),
  response: ProfileSchema,
  handle: async (deps, { params, body }) => {
    requireQueueable(body.traits, '/traits');
    requireBounds(body.traits);
    await patchTraits(deps, await requireProfile(deps, params.id), body.traits);
    return { body: await profileView(deps, await requireProfile(deps, params.id)) };
  },
});

/** @throws DomainError 422 for traits that a profile never stores */
function requireBounds(traits: Record<string, unknown>): void {
  const infinity = pointerToInfinity(traits);
  if (infinity !== undefined) throw invalidAt(`/traits${infinity}`, 'is a number that is too large');
  const address = addressFault(traits, '/traits');
  if (address !== undefined) throw invalidAt(address.path, address.message);
  let sum = 0;
  for (const [name, value] of Object.entries(traits)) {
    const bytes = Buffer.byteLength(JSON.stringify(value));
    if (bytes > MAX_ITEM_BYTES) throw invalidAt(`/traits${pointer([name])}`, 'is over 32 KB');
    sum += bytes + Buffer.byteLength(name);
  }
  if (sum > MAX_TRAITS_BYTES) throw invalidAt('/traits', 'may be 200 KB together');
}

const addTag = route({
  method: 'PUT',
  path: '/v1/profiles/{id+}/tags/{tag}',
  role: 'marketer',
  operationId: 'addTag',
  summary: 'Add a tag to a profile',
  description: '409 where the tag has a rule.',
  response: ProfileSchema,
  handle: async (deps, { params }) => {
    const { home } = await requireProfile(deps, params.id);
    const event = await tagEvent(deps, params.tag, true);
    await deps.queues.events.send([eventOut(home.key, event)]);
    // The profile's message group commits the change; the result is known already.
    const view = await profileView(deps, await requireProfile(deps, params.id));
    if (!view.tags.some(({ id }) => id === params.tag)) view.tags.push({ id: params.tag, since: iso(event.at) });
    return { body: view };
  },
});

const removeTag = route({
  method: 'DELETE',
  path: '/v1/profiles/{id+}/tags/{tag}',
  role: 'marketer',
  operationId: 'removeTag',
  summary: 'Remove a tag from a profile',
  description: '409 where the tag has a rule.',
  status: 204,
  handle: async (deps, { params }) => {
    const { home } = await requireProfile(deps, params.id);
    await deps.queues.events.send([eventOut(home.key, await tagEvent(deps, params.tag, false))]);
    return {};
  },
});

/** Each call is an event of its own: if it is repeated after another call has changed the tag, it changes the tag back, as PUT and DELETE do. */
async function tagEvent(deps: Deps, tag: string, on: boolean): Promise<CairnEvent> {
  const head = await requireHead(deps, 'tags', tag);
  const version = await deps.definitions.version('tags', tag, head.latest);
  if (version?.definition.if !== undefined)
    throw new DomainError({ code: 'conflict', detail: `The tag ${tag} has a rule; nobody sets it by hand.` });
  return manualTagEvent(tag, on, 'api', deps.random(16), deps.clock());
}

const consents = route({
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

const addConsent = route({
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

const timeline = route({
  method: 'GET',
  path: '/v1/profiles/{id+}/timeline',
  role: 'viewer',
  operationId: 'listTimeline',
  summary: 'List the events of a profile',
  description: 'Those of the last 90 days, newest first.',
  query: PageQuerySchema,
  response: () => pageOf(EventSchema),
  handle: async (deps, { params, query, path }) => {
    const { home, profile } = await requireProfile(deps, params.id);
    const from = readCursor(path, PlaceInTimelineSchema, query.cursor);
    // The table deletes older items only days after their time.
    const since = deps.clock() - TIMELINE_MS;
    const { items: events, next } = await fill({ limit: query.limit, from }, async (limit, cursor) => {
      const read = await deps.profilePages.timeline(home.key, { limit, cursor });
      return { items: read.events.filter((event) => event.at > since && !isInternal(event)), next: read.next };
    });
    return { body: page(path, events.map(eventView), next), known: knownAddresses(profile) };
  },
});

export const profileRoutes: Route<Deps>[] = [find, get, patch, addTag, removeTag, consents, addConsent, timeline];
