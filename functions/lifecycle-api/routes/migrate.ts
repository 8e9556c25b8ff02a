import * as z from 'zod';
import { DefinitionIdSchema } from '../../../core/definition-id.ts';
import { lazySchema } from '../../../core/lazy-schema.ts';
import { STAYS } from '../../../core/runs/migration.ts';
import { countRuns, migrateRuns } from '../../../engine/definitions/migrate-runs.ts';
import { definitionParams } from '../../../runtime/http/params.ts';
import { route } from './route.ts';

const VersionSchema = z.int().min(1).max(999_999);
/** A message on the queue carries the map of its run. */
const MAX_MAPPED = 100;

const CountSchema = z.number().int();
const CountsSchema = lazySchema(() =>
  z.object({
    runs: CountSchema.describe('runs of the old version that have not ended'),
    movable: z.record(z.string(), CountSchema).describe('those that would move, by the node at which they rest'),
    stays: z
      .partialRecord(z.enum(STAYS), CountSchema)
      .describe(
        'entering: not at their first stop yet; leaving: between two stops, or with a way out that the new version lacks; unmapped: no node to go on at; test: of a test account',
      ),
    complete: z.boolean().describe('false: there are more runs than were looked at in time'),
  }),
);

export const migrateRoute = route({
  method: 'POST',
  path: '/v1/journeys/{id}/migrate',
  params: definitionParams,
  conditional: true,
  role: 'marketer',
  operationId: 'migrateJourney',
  summary: 'Move runs of a journey to its live version',
  description:
    'A job moves the runs of version `from` that rest. Each goes on at the node of the new version that `map` names for the node where it rests, or else at the node of the same name and type; its deadline is what that node says, from the instant the run came there. `dryRun` changes nothing and answers what would move.',
  body: () =>
    z.strictObject({
      from: VersionSchema,
      to: VersionSchema.describe('the live version'),
      map: z
        .record(DefinitionIdSchema, DefinitionIdSchema)
        .refine((map) => Object.keys(map).length <= MAX_MAPPED, `must name ${MAX_MAPPED} nodes at most`)
        .optional()
        .describe('where runs go on, by the node of the old version at which they rest'),
      dryRun: z.boolean().optional(),
      comment: z.string().max(2_000).optional(),
    }),
  status: 202,
  response: () => z.union([z.object({ job: z.string() }), CountsSchema.unwrap()]),
  handle: async (deps, { params: { id }, body, caller, headers, intent }) => {
    const { from, to, map } = body;
    const asked = { deps, id, caller, headers, intent };
    if (body.dryRun !== true) return { body: await migrateRuns(asked, { from, to, map }) };
    const { isComplete, ...counts } = await countRuns(asked, { from, to, map });
    return { body: { ...counts, complete: isComplete } };
  },
});
