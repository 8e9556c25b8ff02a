import * as z from 'zod';
import { lazySchema } from '../../../core/lazy-schema.ts';
import type { GoalStanding } from '../../../engine/results/goal-standing.ts';
import { goalNamesIn, goalStandings } from '../../../engine/results/goals.ts';
import { PageQuerySchema, page, pageOf, readCursor } from '../../../runtime/http/cursor.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { itemsCsv } from '../items-csv.ts';
import { route } from './route.ts';

const COLUMNS = [
  'scope',
  'id',
  'name',
  'owner',
  'metric',
  'target',
  'actual',
  'baseline',
  'value',
  'from',
  'to',
  'onTrack',
];

const StandingSchema = lazySchema(() =>
  z.object({
    scope: z.enum(['campaign', 'journey', 'goal']),
    id: z.string(),
    name: z.string().optional(),
    owner: z.string().optional(),
    metric: z
      .enum(['converted', 'people', 'share', 'change'])
      .describe(
        'share of who was sent to or entered; number of people; share of those who had another tag; change against the baseline',
      ),
    target: z.number(),
    actual: z.number().nullable().describe('null: nothing is known yet'),
    baseline: z.number().nullable().optional().describe('of a change: what it is from'),
    value: z
      .number()
      .nullable()
      .optional()
      .describe(
        'of a change: the figure or rate now, of the last 30 days, or of a campaign’s or journey’s own rate over its life',
      ),
    from: z.string(),
    to: z.string(),
    onTrack: z.boolean().describe('people and changes: as much has come as of the time; shares: they are reached'),
  }),
);

export const goalRoutes: Route<Deps>[] = [
  route({
    method: 'GET',
    path: '/v1/reports/goals',
    role: 'viewer',
    operationId: 'listGoalStandings',
    summary: 'List goals with what is reached',
    description: 'Targets of published campaigns and journeys, and goals that belong to none.',
    query: () => PageQuerySchema,
    response: () => pageOf(StandingSchema),
    csv: ({ items }) => itemsCsv(COLUMNS, items),
    handle: async (deps, { query: { limit, cursor } }) => {
      const after = readCursor('goals', z.string(), cursor) ?? '';
      const { snapshot } = await deps.catalog.snapshot();
      const names = goalNamesIn(snapshot).filter((name) => name > after);
      const items: GoalStanding[] = await goalStandings(deps, snapshot, names.slice(0, limit));
      return { body: page('goals', items, names.length > limit ? names[limit - 1] : undefined) };
    },
  }),
];
