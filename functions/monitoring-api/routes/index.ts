import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { auditRoutes } from './audit.ts';
import { guardrailRoutes } from './guardrails.ts';
import { recipientRoutes } from './recipients.ts';
import { scheduleRoute } from './schedule.ts';

export const routes: readonly Route<Deps>[] = [...recipientRoutes, scheduleRoute, ...guardrailRoutes, ...auditRoutes];
