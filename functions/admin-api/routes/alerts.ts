import * as z from 'zod';
import { type Alert, AlertSchema } from '../../../core/alerts/alert.ts';
import { lazySchema } from '../../../core/lazy-schema.ts';
import { iso } from '../../../core/time/instant.ts';
import { DomainError } from '../../../engine/errors.ts';
import { fill, PageQuerySchema, page, pageOf, readCursor } from '../../../runtime/http/cursor.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { route } from './route.ts';

const AlertViewSchema = lazySchema(() =>
  z.object({
    id: z.string(),
    at: z.iso.datetime(),
    kind: AlertSchema.unwrap().shape.kind,
    scope: z.string().describe('`channel`, `journey`, `campaign`, `node`, `calendar` …'),
    scopeId: z.string().optional().describe('which of them: a channel, `wake`, `wake:remind`, `cn`'),
    metric: z.string(),
    value: z.number(),
    threshold: z.number(),
    did: AlertSchema.unwrap().shape.did.describe('`paused`: sending was paused, and a person resumes it'),
    detail: z.string().optional(),
    status: AlertSchema.unwrap().shape.status,
    acknowledgedBy: z.string().optional(),
    acknowledgedAt: z.iso.datetime().optional(),
  }),
);

const viewOf = ({
  acknowledged,
  publishedAt: _published,
  generation: _generation,
  alarm: _alarm,
  ...alert
}: Alert): z.input<typeof AlertViewSchema> => ({
  ...alert,
  at: iso(alert.at),
  ...(acknowledged === undefined ? {} : { acknowledgedBy: acknowledged.by, acknowledgedAt: iso(acknowledged.at) }),
});

const list = route({
  method: 'GET',
  path: '/v1/alerts',
  role: 'viewer',
  operationId: 'listAlerts',
  summary: 'List alerts',
  description: 'Those of the last 400 days, newest first.',
  query: () => PageQuerySchema.extend({ status: AlertSchema.unwrap().shape.status.optional() }),
  response: () => pageOf(AlertViewSchema),
  handle: async (deps, { query }) => {
    const scope = `alerts ${query.status ?? ''}`;
    const found = await fill(
      { limit: query.limit, from: readCursor(scope, z.string(), query.cursor) },
      async (limit, before) => {
        const { items, next } = await deps.alerts.list({ limit, before });
        return { items: items.filter((alert) => query.status === undefined || alert.status === query.status), next };
      },
    );
    return { body: page(scope, found.items.map(viewOf), found.next) };
  },
});

const acknowledge = route({
  method: 'POST',
  path: '/v1/alerts/{id}/acknowledge',
  role: 'marketer',
  operationId: 'acknowledgeAlert',
  summary: 'Acknowledge an alert',
  description: 'It changes nothing else: what a guardrail has paused stays paused.',
  response: AlertViewSchema,
  handle: async (deps, { params, caller }) => {
    const alert = await deps.alerts.acknowledge(params.id, caller.sub, deps.clock());
    if (alert === undefined) throw new DomainError({ code: 'not-found', detail: `There is no alert ${params.id}.` });
    return { body: viewOf(alert) };
  },
});

export const alertRoutes: Route<Deps>[] = [list, acknowledge];
