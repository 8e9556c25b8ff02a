import * as z from 'zod';
import { lazySchema } from '../../../core/lazy-schema.ts';
import { continuePilot } from '../../../engine/definitions/continue-pilot.ts';
import { journeyLifecycle } from '../../../engine/definitions/lifecycles/journeys.ts';
import { pause } from '../../../engine/definitions/pause.ts';
import { ResumeSchema } from '../../../engine/jobs/resume.ts';
import { lifecycleRoutes } from '../../../runtime/http/lifecycle/routes.ts';
import { TextSchema, verb } from '../../../runtime/http/lifecycle/verb.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { migrateRoute } from './migrate.ts';
import { testRoute } from './test.ts';

const PauseSchema = lazySchema(() =>
  z.strictObject({ comment: TextSchema.optional(), reason: TextSchema.optional() }).prefault({}),
);

export const routes: readonly Route<Deps>[] = [
  testRoute,
  migrateRoute,
  ...lifecycleRoutes(journeyLifecycle, {
    resume: 'A job lets parked runs go on, `perMinute` of them.',
    archive: 'A job ends its open runs for good.',
  }),
  verb(journeyLifecycle, {
    name: 'pause',
    role: 'marketer',
    summary: 'Pause a journey',
    description: 'published → paused. Nobody enters, and runs rest.',
    body: PauseSchema,
    act: (asked, body) => pause(asked, body.reason ?? body.comment),
  }),
  verb(journeyLifecycle, {
    name: 'continue',
    role: 'marketer',
    summary: 'Continue after the pilot of a journey',
    description:
      'A job lets in whoever waits, `perMinute` of them; the pilots of versions up to the live one are over.',
    body: ResumeSchema,
    act: (asked, body) => continuePilot(asked, body.perMinute),
  }),
];
