import * as z from 'zod';
import { type Condition, ConditionSchema } from '../../../core/conditions/schema.ts';
import { KIND_NAMES } from '../../../core/definitions/kind-names.ts';
import { requireHead } from '../../../engine/definitions/read-definition.ts';
import { isFilled } from '../../../engine/jobs/start-job.ts';
import { idsOf, membersOf, type Position, PositionSchema } from '../../../engine/profiles/audience-members.ts';
import { PreviewSchema, previewMembers, previewRule } from '../../../engine/profiles/preview-audience.ts';
import { csvCell, csvLines } from '../../../runtime/http/csv.ts';
import {
  CursorSchema,
  fill,
  PageQuerySchema,
  page,
  pageOf,
  readCursor,
  writeCursor,
} from '../../../runtime/http/cursor.ts';
import { definitionParams } from '../../../runtime/http/params.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { route } from './route.ts';

type RuleKind = 'tags' | 'segments';
type AudienceKind = RuleKind | 'lists';

const PREFIXES = { tags: '', segments: 'segment:', lists: 'list:' };
const memberKey = (kind: AudienceKind, id: string): string => PREFIXES[kind] + id;
/** Lines per answer; `Link` contains the URL of the next page. */
const EXPORT_PAGE = 5_000;

/** Previews of a rule's members. */
const previewRoutes: Route<Deps>[] = (['tags', 'segments'] as const).map((kind) => {
  const one = `/v1/${kind}/{id}` as '/v1/kind/{id}';
  return route({
    method: 'POST',
    path: `${one}/preview`,
    params: definitionParams,
    role: 'viewer',
    // With enough requests, a condition of the caller's own reveals every trait of every customer.
    raised: { role: 'marketer', reason: 'A condition in the body', when: ({ body }) => body?.if !== undefined },
    mutates: false,
    operationId: `preview${KIND_NAMES[kind].one}`,
    summary: `Count the members of a ${KIND_NAMES[kind].text}`,
    description:
      'Those of now; with a rule in the body, those whom it would have. Among many profiles a sample is evaluated.',
    body: () => z.strictObject({ if: ConditionSchema.optional() }).optional(),
    response: PreviewSchema,
    handle: async (deps, { params, body }) => {
      if (body?.if !== undefined) return { body: await previewRule(deps, body.if) };
      const rule = await ruleOf(deps, kind, params.id);
      // If it is set by hand, or every profile has been evaluated, the index has all members.
      if (rule === undefined || (await isFilled(deps)))
        return { body: await previewMembers(deps, memberKey(kind, params.id)) };
      return { body: await previewRule(deps, rule) };
    },
  });
});

/** Members of tags, segments and lists. */
const memberRoutes: Route<Deps>[] = (['tags', 'segments', 'lists'] as const).flatMap((kind) => {
  const one = `/v1/${kind}/{id}` as '/v1/kind/{id}';
  return [
    route({
      method: 'GET',
      path: `${one}/members`,
      params: definitionParams,
      role: 'viewer',
      operationId: `list${KIND_NAMES[kind].one}Members`,
      summary: `List the members of a ${KIND_NAMES[kind].text}`,
      query: PageQuerySchema,
      response: () => pageOf(z.object({ profileId: z.string() })),
      handle: async (deps, { params, query, path }) => {
        await requireHead(deps, kind, params.id);
        const from = readCursor(path, PositionSchema, query.cursor);
        const { items: ids, next } = await idsUnder(deps, memberKey(kind, params.id), { limit: query.limit, from });
        return {
          body: page(
            path,
            ids.map((profileId) => ({ profileId })),
            next,
          ),
        };
      },
    }),
    route({
      method: 'GET',
      path: `${one}/export`,
      params: definitionParams,
      role: 'viewer',
      operationId: `export${KIND_NAMES[kind].one}Members`,
      summary: `Export the members of a ${KIND_NAMES[kind].text} as CSV`,
      description: `Up to ${EXPORT_PAGE} lines; \`Link\` leads to the next ones.`,
      query: () => z.object({ cursor: CursorSchema }),
      media: 'text/csv',
      response: () => z.string(),
      handle: async (deps, { params, query, path }) => {
        await requireHead(deps, kind, params.id);
        const from = readCursor(path, PositionSchema, query.cursor);
        const { items: ids, next } = await idsUnder(deps, memberKey(kind, params.id), { limit: EXPORT_PAGE, from });
        const lines = [...(from === undefined ? ['profileId'] : []), ...ids.map(csvCell)].map((cell) => [cell]);
        return {
          body: csvLines(lines),
          headers: { 'content-type': 'text/csv; charset=utf-8', 'cache-control': 'no-store' },
          ...(next === undefined ? {} : { next: writeCursor(path, next) }),
        };
      },
    }),
  ];
});

export const audienceRoutes: Route<Deps>[] = [...previewRoutes, ...memberRoutes];

const idsUnder = (deps: Deps, member: string, page: { limit: number; from: Position | undefined }) =>
  fill(page, async (limit, from) => {
    const { keys, next } = await membersOf(deps, member, { limit, from });
    return { items: await idsOf(deps, keys), next };
  });

async function ruleOf(deps: Deps, kind: RuleKind, id: string): Promise<Condition | undefined> {
  const head = await requireHead(deps, kind, id);
  return (await deps.definitions.version(kind, id, head.latest))?.definition.if;
}
