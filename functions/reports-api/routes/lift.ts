import * as z from 'zod';
import { liftOf, rateOf, VERDICTS } from '../../../core/results/lift.ts';
import { DomainError, invalidAt } from '../../../engine/errors.ts';
import { campaignArms, journeyArms } from '../../../engine/results/lift.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { route } from './route.ts';

const ArmSchema = z.object({ n: z.number().int(), converted: z.number().int(), rate: z.number() });

export const liftRoutes: Route<Deps>[] = [
  route({
    method: 'GET',
    path: '/v1/reports/lift/{scope}/{id}',
    role: 'viewer',
    operationId: 'getLift',
    summary: 'Get what a campaign or journey added against those held out',
    description:
      '`treated` is everybody assigned, suppressed ones included. Both sides count from the instant of the sending, of a journey from the entry. The interval is of 95 % and right however often it is looked at; it is there once each side has 50 people.',
    query: () =>
      z.object({
        occurrence: z
          .string()
          .min(1)
          .max(64)
          .optional()
          .describe('only that sending of a campaign; by default the newest together'),
      }),
    response: () =>
      z.object({
        treated: ArmSchema,
        holdout: ArmSchema,
        lift: z.number().optional().describe('rate of the treated less that of the holdout'),
        interval: z.tuple([z.number(), z.number()]).optional(),
        verdict: z.enum(VERDICTS),
        occurrences: z.number().int().optional().describe('sendings of the campaign that are compared'),
        node: z.string().optional().describe('the journey’s split whose holdout it is'),
      }),
    handle: async (deps, { params, query }) => {
      const scope = params.scope.replace(/s$/, '');
      if (scope !== 'campaign' && scope !== 'journey')
        throw new DomainError({ code: 'not-found', detail: `There is no lift of ${params.scope}.` });
      if (scope === 'journey' && query.occurrence !== undefined)
        throw invalidAt('/query/occurrence', 'is of campaigns alone');
      const { treated, holdout, ...of } =
        scope === 'campaign'
          ? await campaignArms(deps, params.id, query.occurrence)
          : await journeyArms(deps, params.id);
      return {
        body: {
          treated: { ...treated, rate: rateOf(treated) },
          holdout: { ...holdout, rate: rateOf(holdout) },
          ...(liftOf(treated, holdout) ?? { verdict: 'not yet clear' as const }),
          ...of,
        },
      };
    },
  }),
];
