import * as z from 'zod';
import { ChannelSchema } from '../../../core/channels/registry.ts';
import { iso } from '../../../core/time/instant.ts';
import { DAY_MS } from '../../../core/time/units.ts';
import { MAX_AUDIENCES } from '../../../engine/campaigns/estimate-audiences.ts';
import { MAX_ITEMS, readSchedule } from '../../../engine/campaigns/read-schedule.ts';
import { invalidAt } from '../../../engine/errors.ts';
import { InstantQuerySchema } from '../../../runtime/http/query.ts';
import { route } from './route.ts';

const MAX_DAYS = 92;
const DEFAULT_DAYS = 31;

export const scheduleRoute = route({
  method: 'GET',
  path: '/v1/schedule',
  role: 'viewer',
  operationId: 'getSchedule',
  summary: 'Show what is sent when',
  description: `Occurrences of campaigns, and times of journeys with a schedule, soonest first: what is live, and drafts. Where each customer has it at their own time, \`at\` is its first instant. At most ${MAX_ITEMS} items of ${MAX_AUDIENCES} audiences; if there are more, \`next\` is the \`from\` that goes on.`,
  query: () =>
    z.object({
      from: InstantQuerySchema.optional().describe('absent: now'),
      to: InstantQuerySchema.optional().describe(`absent: ${DEFAULT_DAYS} days later; at most ${MAX_DAYS} days later`),
    }),
  response: () =>
    z.object({
      items: z.array(
        z.object({
          at: z.string(),
          kind: z.enum(['campaign', 'journey']),
          id: z.string(),
          name: z.string(),
          owner: z.string().optional(),
          channels: z.array(ChannelSchema),
          estimated: z
            .number()
            .int()
            .optional()
            .describe(
              `people of the audience, about; recipients once it is frozen. Absent: more than ${MAX_AUDIENCES} audiences are due at one instant`,
            ),
          status: z.string(),
        }),
      ),
      clashes: z.array(
        z.object({
          day: z.string(),
          ids: z.array(z.string()),
          segment: z.string().optional().describe('absent: anybody'),
        }),
      ),
      next: z.string().optional(),
    }),
  handle: async (deps, { query }) => {
    const from = query.from ?? deps.clock();
    const to = query.to ?? from + DEFAULT_DAYS * DAY_MS;
    if (from > to) throw invalidAt('/query/from', 'must not be after `to`');
    if (to - from > MAX_DAYS * DAY_MS) throw invalidAt('/query/to', `must be at most ${MAX_DAYS} days after \`from\``);
    const { items, clashes, next } = await readSchedule(deps, { from, to });
    return {
      body: {
        items: items.map(({ at, channels, ...item }) => ({ at: iso(at), channels: [...channels], ...item })),
        clashes,
        ...(next === undefined ? {} : { next: iso(next) }),
      },
    };
  },
});
