import * as z from 'zod';
import { addressReaderOf } from '../../../core/channels/address-readers.ts';
import { ADDRESSED_CHANNELS, kindOf } from '../../../core/channels/registry.ts';
import { addressFault } from '../../../core/events/item-faults.ts';
import { pointerToInfinity } from '../../../core/json.ts';
import { pointer } from '../../../core/json-pointer.ts';
import { MAX_ITEM_BYTES, MAX_NAME_CHARACTERS, MAX_TRAITS_BYTES } from '../../../core/limits.ts';
import { mapWithConcurrency } from '../../../core/map-with-concurrency.ts';
import { type AddressRef, normalAddress } from '../../../core/profiles/address-record.ts';
import { invalidAt } from '../../../engine/errors.ts';
import { profileOfKey, requireProfile } from '../../../engine/profiles/find-profile.ts';
import { patchTraits } from '../../../engine/profiles/patch-traits.ts';
import { fill, PageQuerySchema, page, pageOf, readCursor } from '../../../runtime/http/cursor.ts';
import { knownAddresses } from '../../../runtime/http/known-addresses.ts';
import { requireQueueable } from '../../../runtime/http/queueable.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { addConsent, consents } from './consents.ts';
import { addTag, removeTag } from './profile-tags.ts';
import { ProfileSchema, profileView } from './profile-view.ts';
import { route } from './route.ts';
import { timeline } from './timeline.ts';

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

export const profileRoutes: Route<Deps>[] = [find, get, patch, addTag, removeTag, consents, addConsent, timeline];
