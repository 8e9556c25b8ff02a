import * as z from 'zod';
import type { Answer } from '../../../core/results/sql/answers.ts';
import { spanOfDates } from '../../../core/time/local.ts';
import { invalidAt } from '../../../engine/errors.ts';
import { itemsCsv } from '../items-csv.ts';
import { daysOf, SPAN } from './days.ts';
import { route } from './route.ts';

/** Different answers that are listed at most. */
const MAX_ANSWERS = 1_000;

export const answersRoute = route({
  method: 'GET',
  path: '/v1/reports/answers',
  role: 'viewer',
  operationId: 'getAnswers',
  summary: 'Get how the answers of a survey are distributed',
  description: `Answers are kept of the events and properties that \`settings.surveys\` names, from then on. The ${MAX_ANSWERS} most frequent.`,
  query: () => z.object({ event: z.string().min(1).max(255), of: z.string().min(1).max(255), ...SPAN }),
  response: () => z.object({ items: z.array(z.object({ value: z.string(), count: z.number().int() })) }),
  csv: ({ items }) => itemsCsv(['value', 'count'], items),
  handle: async (deps, { query }) => {
    const { timezone, surveys } = (await deps.catalog.snapshot()).snapshot.settings;
    const named = surveys.filter(({ event }) => event === query.event);
    if (named.length === 0) throw invalidAt('/query/event', `settings.surveys does not name ${query.event}`);
    if (!named.some(({ of }) => of.includes(query.of)))
      throw invalidAt('/query/of', `settings.surveys does not name ${query.of} of ${query.event}`);
    const { from, to } = daysOf(query, timezone, deps.clock());
    const items = await deps.facts.ask<Answer>({
      query: 'answers',
      event: query.event,
      property: query.of,
      ...spanOfDates(from, to, timezone),
      limit: MAX_ANSWERS,
    });
    return { body: { items } };
  },
});
