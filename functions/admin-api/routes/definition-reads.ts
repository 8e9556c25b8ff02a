import * as z from 'zod';
import type { DefinitionKind } from '../../../core/catalog/kind.ts';
import type { Head, Kind, Status } from '../../../core/definitions/definition.ts';
import { KIND_NAMES } from '../../../core/definitions/kind-names.ts';
import { lazySchema } from '../../../core/lazy-schema.ts';
import { mapWithConcurrency } from '../../../core/map-with-concurrency.ts';
import { isUnchanged } from '../../../engine/definitions/preconditions.ts';
import { readDefinition, requireHead } from '../../../engine/definitions/read-definition.ts';
import { currentViews } from '../../../engine/definitions/standing-warnings.ts';
import { STATUSES, type View, viewSchema } from '../../../engine/definitions/view.ts';
import { fill, PageQuerySchema, page, pageOf, readCursor } from '../../../runtime/http/cursor.ts';
import { definitionParams } from '../../../runtime/http/params.ts';
import { wholeNumber } from '../../../runtime/http/query.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { CountsSchema } from './coupon-codes.ts';
import { pathOf } from './definition-path.ts';
import { PilotSchema, pilotOf } from './pilot.ts';
import { route } from './route.ts';

const VersionQuerySchema = lazySchema(() => z.object({ version: wholeNumber(1, 999_999).optional() }));
const ListQuerySchema = lazySchema(() =>
  PageQuerySchema.extend({ status: z.enum(STATUSES).optional(), owner: z.string().max(200).optional() }),
);

/** The GET of a kind adds counts to its definition, as they are now. */
const LIVE_COUNTS: {
  [K in Kind]?: {
    schema: z.ZodLazy<z.ZodObject>;
    read: (deps: Deps, id: string, head: Head) => Promise<object | undefined>;
  };
} = {
  'coupon-pools': { schema: CountsSchema, read: (deps, id) => deps.coupons.counts(id, deps.clock()) },
  journeys: { schema: PilotSchema, read: pilotOf },
};

const MAX_LOOKUPS = 8;

function isAskedFor(
  { status, definition }: View,
  filter: { status?: Status | undefined; owner?: string | undefined },
): boolean {
  if (filter.status !== undefined && status !== filter.status) return false;
  if (filter.owner === undefined) return true;
  return (
    typeof definition === 'object' && definition !== null && 'owner' in definition && definition.owner === filter.owner
  );
}

export function listRoute<K extends Kind>(kind: DefinitionKind<K>): Route<Deps> {
  const View = viewSchema(kind);
  const noun = KIND_NAMES[kind.kind];
  return route({
    method: 'GET',
    path: `/v1/${kind.kind}`,
    role: 'viewer',
    operationId: `list${noun.many}`,
    summary: `List ${noun.texts}`,
    description: 'The newest version of each, by id.',
    query: () => ListQuerySchema.unwrap(),
    response: () => pageOf(View),
    handle: async (deps, { query: { limit, cursor, ...filter } }) => {
      const scope = `${kind.kind} ${JSON.stringify([filter.status, filter.owner])}`;
      const found = await fill({ limit, from: readCursor(scope, z.string(), cursor) }, async (most, after) => {
        const { items, next } = await deps.definitions.list(kind.kind, { limit: most, after });
        const view = currentViews(deps);
        const views = await mapWithConcurrency(MAX_LOOKUPS, items, ({ id, head }) =>
          viewOfHead(deps, view, kind, id, head),
        );
        return { items: views.filter((view) => isAskedFor(view, filter)), next };
      });
      return { body: page(scope, found.items as z.input<typeof View>[], found.next) };
    },
  });
}

export function getRoute<K extends Kind>(kind: DefinitionKind<K>): Route<Deps> {
  const View = viewSchema(kind);
  const noun = KIND_NAMES[kind.kind];
  const live = LIVE_COUNTS[kind.kind];
  return route({
    method: 'GET',
    isRevised: true,
    path: pathOf(kind.kind),
    params: definitionParams,
    role: 'viewer',
    operationId: `get${noun.one}`,
    summary: `Get a ${noun.text}`,
    description: 'The newest version, or the one of `version`.',
    query: () => VersionQuerySchema.unwrap(),
    response: live === undefined ? View : lazySchema(() => View.unwrap().extend(live.schema.unwrap().partial().shape)),
    handle: async (deps, { params, query, headers }) => {
      const { view, etag, head } = await readDefinition(deps, kind.kind, params.id, query.version);
      if (etag !== undefined && isUnchanged(headers, etag)) return { status: 304, headers: { etag } };
      const counts = await live?.read(deps, params.id, head);
      return {
        body: { ...(view as z.input<typeof View>), ...counts },
        ...(etag === undefined ? {} : { headers: { etag } }),
      };
    },
  });
}

export function versionsRoute<K extends Kind>(kind: DefinitionKind<K>): Route<Deps> {
  const View = viewSchema(kind);
  const noun = KIND_NAMES[kind.kind];
  return route({
    method: 'GET',
    path: `${pathOf(kind.kind)}/versions`,
    params: definitionParams,
    role: 'viewer',
    operationId: `list${noun.one}Versions`,
    summary: `List the versions of a ${noun.text}`,
    description: 'Newest first.',
    query: PageQuerySchema,
    response: () => pageOf(View),
    handle: async (deps, { params, query, path }) => {
      const head = await requireHead(deps, kind.kind, params.id);
      const from = readCursor(path, z.number(), query.cursor);
      const found = await fill({ limit: query.limit, from }, async (limit, before = head.latest + 1) => {
        const items = await deps.definitions.versions<K>(kind.kind, params.id, { limit, before });
        return { items, next: items.length === limit ? items.at(-1)?.n : undefined };
      });
      const view = currentViews(deps);
      const views = await mapWithConcurrency(MAX_LOOKUPS, found.items, ({ n, ...version }) =>
        view({ kind: kind.kind, id: params.id }, head, n, version),
      );
      return { body: page(path, views as z.input<typeof View>[], found.next) };
    },
  });
}

async function viewOfHead<K extends Kind>(
  deps: Deps,
  view: ReturnType<typeof currentViews>,
  kind: DefinitionKind<K>,
  id: string,
  head: Head,
) {
  const version = await deps.definitions.version(kind.kind, id, head.latest);
  if (version === undefined) throw new Error(`${kind.kind}/${id} has lost its newest version`);
  return view({ kind: kind.kind, id }, head, head.latest, version);
}
