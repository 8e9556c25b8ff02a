import * as z from 'zod';
import { durationMs, PositiveDurationSchema } from '../../../core/time/duration.ts';
import { testJourney } from '../../../engine/definitions/test-journey.ts';
import { definitionParams, TextIdSchema } from '../../../runtime/http/params.ts';
import { requireQueueable } from '../../../runtime/http/queueable.ts';
import { route } from './route.ts';

/** A person who tests does not wait for longer at a node. */
const TESTED_WAIT = '10s';

export const testRoute = route({
  method: 'POST',
  path: '/v1/journeys/{id}/test',
  params: definitionParams,
  role: 'marketer',
  operationId: 'testJourney',
  summary: 'Test a journey on a test account',
  description:
    'A profile with the trait `testAccount: true` walks the newest version, even a draft, for real: messages leave, tasks and webhooks are made, coupons drawn. No node waits for longer than `waits`; reports, caps, re-entry, throttle and pilot leave the run out.',
  body: () =>
    z.strictObject({
      profileId: TextIdSchema,
      waits: PositiveDurationSchema.default(TESTED_WAIT),
      data: z.record(z.string(), z.unknown()).optional().describe('properties of the entry event'),
    }),
  status: 202,
  response: () => z.object({ run: z.string() }),
  handle: async (deps, { params, body, intent, intendedAt }) => {
    requireQueueable(body.data, '/data');
    const { profileId, waits, data = {} } = body;
    const test = { id: params.id, profileId, waits: durationMs(waits), data, cause: intent, at: intendedAt };
    return { body: { run: await testJourney(deps, test) } };
  },
});
