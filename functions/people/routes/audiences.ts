import * as z from 'zod';
import { type Condition, ConditionSchema } from '../../../core/conditions/schema.ts';
import { requireHead } from '../../shared/definitions/read-definition.ts';
import { fill, PageQuerySchema, page, pageOf, readCursor, writeCursor } from '../../shared/http/cursor.ts';
import type { Route } from '../../shared/http/route.ts';
import { isFilled } from '../../shared/jobs/start-job.ts';
import { idsOf, membersOf, type Position, PositionSchema } from '../audiences/members.ts';
import { PreviewSchema, previewMembers, previewRule } from '../audiences/preview.ts';
import type { Deps } from '../deps.ts';
import { isMasked, maskedText } from '../profiles/mask.ts';
import { route } from '../route.ts';

type RuleKind = 'tags' | 'segments';
type AudienceKind = RuleKind | 'lists';

const PREFIXES = { tags: '', segments: 'segment:', lists: 'list:' };
const memberKey = (kind: AudienceKind, id: string): string => PREFIXES[kind] + id;
/** Lines of one answer; `Link` says where the next begins. */
const EXPORT_PAGE = 5_000;

/** Who would be under a tag or segment. */
const previewRoutes: Route<Deps>[] = (['tags', 'segments'] as const).map((kind) => {
  const one = `/v1/${kind}/{id}` as '/v1/kind/{id}';
  return route({
    method: 'POST',
    path: `${one}/preview`,
    role: 'viewer',
    acts: false,
    summary: 'How many are under it now; or would be, by the rule in the body: of many profiles, a sample is judged',
    body: z.object({ if: ConditionSchema.optional() }).optional(),
    response: PreviewSchema,
    handle: async (deps, { params, body }) => {
      if (body?.if !== undefined) return { body: await previewRule(deps, body.if) };
      const rule = await ruleOf(deps, kind, params.id);
      // By hand, or everybody is judged already: the index knows.
      if (rule === undefined || (await isFilled(deps)))
        return { body: await previewMembers(deps, memberKey(kind, params.id)) };
      return { body: await previewRule(deps, rule) };
    },
  });
});

/** Who is under a tag or segment, or on a list. */
const memberRoutes: Route<Deps>[] = (['tags', 'segments', 'lists'] as const).flatMap((kind) => {
  const one = `/v1/${kind}/{id}` as '/v1/kind/{id}';
  return [
    route({
      method: 'GET',
      path: `${one}/members`,
      role: 'viewer',
      summary: kind === 'lists' ? 'Who is on it' : 'Who is under it',
      query: PageQuerySchema,
      response: pageOf(z.object({ profileId: z.string() })),
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
      role: 'viewer',
      summary: `${kind === 'lists' ? 'Who is on it' : 'Who is under it'}, as CSV; up to ${EXPORT_PAGE} lines, and where there are more, the next in \`Link\``,
      query: z.object({ cursor: z.string().optional() }),
      media: 'text/csv',
      response: z.string(),
      handle: async (deps, { params, query, path, caller }) => {
        await requireHead(deps, kind, params.id);
        const from = readCursor(path, PositionSchema, query.cursor);
        const { items: ids, next } = await idsUnder(deps, memberKey(kind, params.id), { limit: EXPORT_PAGE, from });
        // People use addresses as ids.
        const shown = isMasked(caller) ? ids.map((id) => maskedText(id, [])) : ids;
        const lines = [...(from === undefined ? ['profileId'] : []), ...shown.map(quoted)];
        const more = next && { link: `<${path}?cursor=${writeCursor(path, next)}>; rel="next"` };
        return {
          body: lines.map((line) => `${line}\r\n`).join(''),
          headers: { 'content-type': 'text/csv; charset=utf-8', ...more },
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

/** RFC 4180. A value that a spreadsheet would take for a formula is made text. */
function quoted(value: string): string {
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
