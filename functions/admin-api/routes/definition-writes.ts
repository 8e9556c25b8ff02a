import * as z from 'zod';
import type { DefinitionKind } from '../../../core/catalog/kind.ts';
import { DefinitionIdSchema } from '../../../core/definition-id.ts';
import type { Kind } from '../../../core/definitions/definition.ts';
import { KIND_NAMES } from '../../../core/definitions/kind-names.ts';
import { lazySchema } from '../../../core/lazy-schema.ts';
import { copyDefinition } from '../../../engine/definitions/copy-definition.ts';
import { deleteDefinition } from '../../../engine/definitions/delete-definition.ts';
import { putDefinition } from '../../../engine/definitions/put-definition.ts';
import { viewSchema } from '../../../engine/definitions/view.ts';
import { backfill, unlist, untag } from '../../../engine/jobs/start-job.ts';
import { definitionParams } from '../../../runtime/http/params.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { pathOf } from './definition-path.ts';
import { route } from './route.ts';

const CopySchema = lazySchema(() => z.strictObject({ id: DefinitionIdSchema }));

/** When a new version of those kinds counts that are not in force at once. */
const WHEN_EFFECTIVE: { [K in Kind]?: string } = {
  journeys: 'Writes a new draft; the published version stays live.',
  content: 'Writes a new version, which a journey shows from its next `submit` on, and other messages at once.',
  templates: 'Writes a new version, which a journey uses from its next `submit` on.',
};

export function putRoute<K extends Kind>(kind: DefinitionKind<K>): Route<Deps> {
  const View = viewSchema(kind);
  const noun = KIND_NAMES[kind.kind];
  return route({
    method: 'PUT',
    creates: true,
    conditional: true,
    path: pathOf(kind.kind),
    params: definitionParams,
    role: 'marketer',
    operationId: `put${noun.one}`,
    summary: `Define a ${noun.text}`,
    description: WHEN_EFFECTIVE[kind.kind] ?? 'In force at once.',
    body: kind.schema,
    response: View,
    handle: async (deps, { params, body, sent, caller, headers }) => {
      const { created, view, etag } = await putDefinition(deps, kind, {
        id: params.id,
        definition: body,
        sent,
        author: caller.sub,
        headers,
      });
      return {
        status: created ? 201 : 200,
        headers: { etag, ...(await backfillHeaders(deps, kind.kind, caller.sub)) },
        body: view as z.input<typeof View>,
      };
    },
  });
}

export function deleteRoute<K extends Kind>(kind: DefinitionKind<K>): Route<Deps> {
  const noun = KIND_NAMES[kind.kind];
  return route({
    method: 'DELETE',
    conditional: true,
    path: pathOf(kind.kind),
    params: definitionParams,
    role: 'marketer',
    operationId: `delete${noun.one}`,
    summary: `Delete a ${noun.text}`,
    description: '409 with its references where it is used.',
    status: 204,
    handle: async (deps, { params, caller, headers }) => {
      await deleteDefinition(deps, kind, params.id, headers, async (gone, rev) => {
        if (evaluatesProfiles(kind.kind)) await backfill(deps, caller.sub);
        const cause = String(rev);
        if (kind.kind === 'tags' && gone !== undefined && !('if' in gone))
          await untag(deps, params.id, caller.sub, cause);
        if (kind.kind === 'lists') await unlist(deps, params.id, caller.sub, cause);
      });
      return {};
    },
  });
}

export function copyRoute<K extends Kind>(kind: DefinitionKind<K>): Route<Deps> {
  const View = viewSchema(kind);
  const noun = KIND_NAMES[kind.kind];
  return route({
    method: 'POST',
    path: `${pathOf(kind.kind)}/copy`,
    params: definitionParams,
    role: 'marketer',
    operationId: `copy${noun.one}`,
    summary: `Copy a ${noun.text}`,
    description: 'Puts its newest version under a new `id`; 409 where that exists.',
    body: CopySchema,
    response: View,
    status: 201,
    handle: async (deps, { params, body, caller, headers, intendedAt }) => {
      const since = headers['idempotency-key'] === undefined ? undefined : intendedAt;
      const copy = { from: params.id, to: body.id, author: caller.sub, since };
      const { view, etag } = await copyDefinition(deps, kind, copy);
      return {
        headers: { etag, ...(await backfillHeaders(deps, kind.kind, caller.sub)) },
        body: view as z.input<typeof View>,
      };
    },
  });
}

/** Kinds that every profile is evaluated by. */
const evaluatesProfiles = (kind: Kind): boolean => kind === 'tags' || kind === 'segments' || kind === 'computed-traits';

/** A rule that changes has every profile evaluated again; `GET /v1/jobs/{id}` shows the progress. */
const backfillHeaders = async (deps: Deps, kind: Kind, by: string): Promise<Record<string, string>> =>
  evaluatesProfiles(kind) ? { 'cairn-job': (await backfill(deps, by)).id } : {};
