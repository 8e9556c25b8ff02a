import * as z from 'zod';
import { openApiDocument } from '../openapi.ts';
import { type Route, route } from '../route.ts';
import { audienceRoutes } from './audiences.ts';
import { auditRoutes } from './audit.ts';
import { channelRoutes } from './channels.ts';
import { couponRoutes } from './coupon-codes.ts';
import { definitionRoutes } from './definitions.ts';
import { jobRoutes } from './jobs.ts';
import { journeyRoutes } from './journeys.ts';
import { keyRoutes } from './keys.ts';
import { libraryRoutes } from './library.ts';
import { listRoutes } from './lists.ts';
import { messageRoutes } from './messages.ts';
import { profileRoutes } from './profiles.ts';
import { reportRoutes } from './reports.ts';
import { settingsRoutes } from './settings.ts';
import { taskRoutes } from './tasks.ts';
import { templateRoutes } from './templates.ts';

let document: Record<string, unknown> | undefined;

const openapi = route({
  method: 'GET',
  path: '/v1/openapi.json',
  role: 'public',
  summary: 'This document',
  response: z.record(z.string(), z.unknown()),
  handle: async () => {
    document ??= openApiDocument(routes);
    return { body: document };
  },
});

/** Every route of the marketers' API. */
export const routes: readonly Route[] = [
  ...definitionRoutes,
  ...audienceRoutes,
  ...listRoutes,
  ...libraryRoutes,
  ...journeyRoutes,
  ...templateRoutes,
  ...couponRoutes,
  ...settingsRoutes,
  ...keyRoutes,
  ...profileRoutes,
  ...messageRoutes,
  ...taskRoutes,
  ...channelRoutes,
  ...reportRoutes,
  ...jobRoutes,
  ...auditRoutes,
  openapi,
];
