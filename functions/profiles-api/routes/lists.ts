import * as z from 'zod';
import { lazySchema } from '../../../core/lazy-schema.ts';
import { mapWithConcurrency } from '../../../core/map-with-concurrency.ts';
import { requireHead } from '../../../engine/definitions/read-definition.ts';
import { findProfile, requireProfile } from '../../../engine/profiles/find-profile.ts';
import { definitionParams } from '../../../runtime/http/params.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { route } from './route.ts';

const MAX_MEMBERS = 1_000;
const CONCURRENCY = 16;

const AddedSchema = lazySchema(() =>
  z.object({
    added: z.number().int(),
    /** Profiles that were members already, or were named twice. */
    duplicates: z.number().int(),
    /** Ids without a profile. */
    unknown: z.array(z.string()),
  }),
);

/** Adds and removes members of a list. `GET` and export are those of every audience. */
export const listRoutes: Route<Deps>[] = [
  route({
    method: 'POST',
    path: '/v1/lists/{id}/members',
    params: definitionParams,
    role: 'marketer',
    operationId: 'addListMembers',
    summary: `Add up to ${MAX_MEMBERS} customers to a list`,
    body: () => z.strictObject({ profileIds: z.array(z.string().min(1).max(255)).min(1).max(MAX_MEMBERS) }),
    response: AddedSchema,
    handle: async (deps, { params, body }) => {
      await requireHead(deps, 'lists', params.id);
      const verdicts = await mapWithConcurrency(CONCURRENCY, [...new Set(body.profileIds)], async (profileId) => {
        const found = await findProfile(deps, profileId);
        if (found === undefined) return { unknown: profileId };
        return { isNew: await deps.profiles.putListed(found.home.key, params.id, deps.clock()) };
      });
      const added = verdicts.filter((verdict) => verdict.isNew === true).length;
      const unknown = verdicts.flatMap((verdict) => verdict.unknown ?? []);
      return { body: { added, duplicates: body.profileIds.length - added - unknown.length, unknown } };
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/lists/{id}/members/{profileId+}',
    params: definitionParams,
    role: 'marketer',
    operationId: 'removeListMember',
    summary: 'Remove a customer from a list',
    status: 204,
    handle: async (deps, { params }) => {
      await requireHead(deps, 'lists', params.id);
      const { home } = await requireProfile(deps, params.profileId);
      await deps.profiles.removeListed(home.key, params.id, deps.clock());
      return {};
    },
  }),
];
