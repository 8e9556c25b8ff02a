import * as z from 'zod';
import type { Occurrence } from '../../core/campaigns/occurrence.ts';
import type { ProfileKey } from '../../core/ids.ts';
import type { Job, JobSpecOf } from '../../core/jobs/job.ts';
import { lazySchema } from '../../core/lazy-schema.ts';
import type { TemplateDefinition } from '../../core/templates/schema.ts';
import type { CatalogStore } from '../definitions/ports.ts';
import type { Cursor } from '../ports.ts';
import type { ProfileStore } from '../profiles/ports.ts';
import { definitionOf } from './begin-occurrence.ts';
import { type AudienceContext, type MemberDeps, memberEvaluator } from './evaluate-member.ts';
import type { AudiencePages, OccurrenceStore } from './ports.ts';

export interface CollectDeps extends MemberDeps {
  profiles: MemberDeps['profiles'] & Pick<ProfileStore, 'members'>;
  occurrences: Pick<OccurrenceStore, 'get' | 'armed' | 'named'>;
  pages: Pick<AudiencePages, 'put'>;
  catalog: Pick<CatalogStore, 'snapshot' | 'version'>;
}

/** Profiles of a page: a line has about 150 bytes. */
export const LINES_OF_PAGE = 500;

const PlaceSchema = lazySchema(() =>
  z.object({ page: z.number(), members: z.record(z.string(), z.unknown()).optional() }),
);

export const pageName = (shard: number, page: number): string => `${shard}-${page}`;

/** Pages of a frozen audience, in order. */
export const pageNamesOf = ({ pages = [] }: Pick<Occurrence, 'pages'>): string[] =>
  pages.flatMap((count, shard) => Array.from({ length: count }, (_, page) => pageName(shard, page)));

/** Writes one page of one shard of the audience. A repeat evaluates anew, and goes on from the page that was written first: what was frozen stays as it is. */
export async function collectPage(
  deps: CollectDeps,
  { members, work }: Pick<Job, 'members'> & { work: JobSpecOf<'collect'> },
  { shard, cursor }: { shard: number; cursor?: Cursor | undefined },
): Promise<{ done: number; next?: Cursor }> {
  const of = { campaign: work.campaign, id: work.occurrence };
  const occurrence = await deps.occurrences.get(of);
  if (occurrence?.status !== 'collecting') return { done: 0 };
  const place = cursor === undefined ? { page: 0 } : PlaceSchema.parse(cursor);
  // A job without members is one shard, of those whom a trigger has named.
  const read: { profiles: ProfileKey[]; next?: Cursor | undefined } =
    members === undefined
      ? { profiles: await deps.occurrences.named(of) }
      : await deps.profiles.members(members, shard, { limit: LINES_OF_PAGE, cursor: place.members });
  const evaluate = memberEvaluator(deps, await contextOf(deps, occurrence));
  // Two that were named may have been merged since.
  const lines = new Map((await evaluate(read.profiles)).map(({ line }) => [line.p, line] as const));
  const { next } = await deps.pages.put(of, pageName(shard, place.page), {
    lines: [...lines.values()],
    ...(read.next === undefined ? {} : { next: { page: place.page + 1, members: read.next } }),
  });
  return { done: read.profiles.length, ...(next === undefined ? {} : { next }) };
}

async function contextOf(deps: CollectDeps, occurrence: Occurrence): Promise<AudienceContext> {
  return {
    occurrence,
    campaign: await definitionOf(deps, occurrence.campaign, occurrence.version),
    snapshot: (await deps.catalog.snapshot()).snapshot,
    templates: await templatesOf(deps, occurrence),
    armedAt: (await deps.occurrences.armed(occurrence.campaign))?.at ?? occurrence.at,
  };
}

/** Reads templates in their pinned versions, as the senders will use them. */
async function templatesOf(
  { catalog }: Pick<CollectDeps, 'catalog'>,
  { campaign, version }: Occurrence,
): Promise<Map<string, TemplateDefinition>> {
  const pins = (await catalog.version('campaigns', campaign, version))?.pins?.templates ?? {};
  const found = await Promise.all(
    Object.entries(pins).map(async ([id, n]) => [id, (await catalog.version('templates', id, n))?.definition] as const),
  );
  return new Map(found.flatMap(([id, definition]) => (definition === undefined ? [] : [[id, definition] as const])));
}
