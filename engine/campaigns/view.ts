import * as z from 'zod';
import type { Occurrence } from '../../core/campaigns/occurrence.ts';
import { contestantsOf } from '../../core/campaigns/schema.ts';
import { lazySchema } from '../../core/lazy-schema.ts';
import { iso } from '../../core/time/instant.ts';
import type { CatalogStore } from '../definitions/ports.ts';
import { comparedBy, compareVariants, VERDICTS } from './compare-variants.ts';
import type { Tally } from './tally.ts';

const count = () => z.number().int();
const ByReasonSchema = z.record(z.string(), z.number().int());

export const OCCURRENCE_STATUSES = ['collecting', 'running', 'resting', 'paused', 'done', 'cancelled'] as const;

/** `GET /v1/campaigns/{id}/occurrences/{occurrence}`. Each person of the audience is counted once, and each recipient once among `messages`. */
export const OccurrenceSchema = lazySchema(() =>
  z.object({
    occurrence: z.string(),
    at: z.string(),
    version: count(),
    status: z.enum(OCCURRENCE_STATUSES),
    reason: z.string().optional(),
    startedAt: z.string().optional(),
    endedAt: z.string().optional(),
    audience: z.object({
      matched: count(),
      duplicates: count(),
      excluded: count(),
      holdout: count(),
      recipients: count(),
    }),
    messages: z.object({
      waiting: count(),
      deferred: count(),
      held: count(),
      sent: count(),
      suppressed: ByReasonSchema,
      failed: ByReasonSchema,
      unknown: count(),
    }),
    variants: z
      .array(
        z.object({
          name: z.string(),
          recipients: count(),
          sent: count(),
          converted: count(),
          rate: z.number(),
          chanceToBeBest: z.number().optional().describe('that its true rate is the highest, by what is known so far'),
          interval: z
            .tuple([z.number(), z.number()])
            .optional()
            .describe('of its rate less the first variant’s, at 95 %, however often it is looked at'),
          verdict: z.enum(VERDICTS).optional(),
        }),
      )
      .optional(),
    comparedBy: z.enum(['converted', 'clicked', 'opened']).optional().describe('the rate that the chances are about'),
    pilot: z.object({ size: count(), sent: count() }).optional(),
    winner: z.object({ name: z.string(), by: z.string(), why: z.string(), at: z.string() }).optional(),
  }),
);
export type OccurrenceView = z.infer<typeof OccurrenceSchema>;

/** Dependencies of views. */
export interface ViewingDeps {
  tally: Tally;
  isPaused: boolean;
  catalog: Pick<CatalogStore, 'version'>;
}

const NOBODY = { matched: 0, duplicates: 0, excluded: 0, holdout: 0, recipients: 0 };

export async function viewOfOccurrence(
  { tally, isPaused, catalog }: ViewingDeps,
  occurrence: Occurrence,
): Promise<OccurrenceView> {
  const { id, at, version, reason, startedAt, endedAt, counts = NOBODY, pilot, winner } = occurrence;
  const { messages, variants } = await tally(occurrence);
  const definition = (await catalog.version('campaigns', occurrence.campaign, version))?.definition ?? {};
  const by = comparedBy(definition);
  // Whoever has a variant by its `if` was not drawn for it: such rates differ by the people, too.
  const drawn = contestantsOf(definition).map(({ name }) => name);
  const compared = compareVariants(
    variants.filter(({ name }) => drawn.includes(name)),
    by,
  );
  return {
    occurrence: id,
    at: iso(at),
    version,
    status: shownStatus(occurrence, isPaused),
    ...(reason === undefined || reason === 'cancelled' ? {} : { reason }),
    ...(startedAt === undefined ? {} : { startedAt: iso(startedAt) }),
    ...(endedAt === undefined ? {} : { endedAt: iso(endedAt) }),
    audience: counts,
    messages,
    ...(variants.length === 0
      ? {}
      : {
          variants: variants.map(({ name, recipients, sent, converted }) => ({
            name,
            recipients,
            sent,
            converted,
            rate: sent === 0 ? 0 : Math.round((converted / sent) * 10_000) / 10_000,
            ...compared?.[drawn.indexOf(name)],
          })),
          ...(compared === undefined ? {} : { comparedBy: by }),
        }),
    ...(pilot === undefined
      ? {}
      : { pilot: { size: pilot.size, sent: Math.min(pilot.size, pilot.sent ?? messages.sent) } }),
    ...(winner === undefined ? {} : { winner: { ...winner, at: iso(winner.at) } }),
  };
}

/** A pause stands beside the occurrence, in the live rules. */
function shownStatus({ status }: Occurrence, isPaused: boolean): OccurrenceView['status'] {
  if (isPaused && (status === 'running' || status === 'resting' || status === 'collecting')) return 'paused';
  return status;
}
