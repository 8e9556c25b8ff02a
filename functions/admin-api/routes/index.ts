import * as z from 'zod';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { alertRoutes } from './alerts.ts';
import { channelRoutes } from './channels.ts';
import { couponRoutes } from './coupon-codes.ts';
import { deadLetterRoutes } from './dead-letters.ts';
import { definitionRoutes } from './definitions.ts';
import { eventNameRoutes } from './event-names.ts';
import { keyRoutes } from './keys.ts';
import { libraryRoutes } from './library.ts';
import { route } from './route.ts';
import { secretRoutes } from './secrets.ts';
import { settingsRoutes } from './settings.ts';

const openapi = route({
  method: 'GET',
  path: '/v1/openapi.json',
  role: 'public',
  operationId: 'getOpenApiDocument',
  summary: 'Get this document',
  response: () => z.record(z.string(), z.unknown()),
  handle: async (deps) => ({ body: JSON.parse(await deps.openapi()) as Record<string, unknown> }),
});

export const routes: readonly Route<Deps>[] = [
  ...definitionRoutes,
  ...libraryRoutes,
  ...couponRoutes,
  ...settingsRoutes,
  ...keyRoutes,
  ...secretRoutes,
  ...channelRoutes,
  ...alertRoutes,
  ...deadLetterRoutes,
  ...eventNameRoutes,
  openapi,
];
