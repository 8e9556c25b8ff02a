import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { addressRoutes } from './addresses.ts';
import { audienceRoutes } from './audiences.ts';
import { listRoutes } from './lists.ts';
import { messageRoutes } from './messages.ts';
import { profileRoutes } from './profiles.ts';
import { runRoutes } from './runs.ts';
import { sendabilityRoute } from './sendability.ts';
import { taskRoutes } from './tasks.ts';
import { testSendRoutes } from './test-send.ts';
import { webhookRoutes } from './webhooks.ts';

export const routes: readonly Route<Deps>[] = [
  ...profileRoutes,
  ...addressRoutes,
  ...messageRoutes,
  sendabilityRoute,
  ...testSendRoutes,
  ...runRoutes,
  ...taskRoutes,
  ...webhookRoutes,
  ...audienceRoutes,
  ...listRoutes,
];
