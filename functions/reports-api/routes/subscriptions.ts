import * as z from 'zod';
import { CHANNELS } from '../../../core/channels/registry.ts';
import { lazySchema } from '../../../core/lazy-schema.ts';
import { MAX_SUBSCRIPTIONS, PERIODS, reportedIn, SubscriptionSchema } from '../../../core/results/mail/subscription.ts';
import { iso } from '../../../core/time/instant.ts';
import { DomainError, invalidAt } from '../../../engine/errors.ts';
import { wakeOfMail } from '../../../engine/results/mail-reports.ts';
import type { KeptSubscription } from '../../../engine/results/ports.ts';
import { KIND_OF_SCOPE } from '../../../engine/results/report.ts';
import { PageQuerySchema, page, pageOf, readCursor } from '../../../runtime/http/cursor.ts';
import { definitionParams } from '../../../runtime/http/params.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { reportSettings } from './report-settings.ts';
import { route } from './route.ts';

const ShownSchema = lazySchema(() =>
  z.object({
    id: z.string(),
    name: z.string().optional(),
    scope: z.string(),
    every: z.enum(PERIODS),
    time: z.string(),
    emails: z.array(z.string()),
    locale: z.string().optional(),
    by: z.string(),
    at: z.string(),
    mailedAt: z.string().optional().describe('when the newest mail that everybody was sent was due'),
  }),
);

function shownOf({ createdAt: _, at, mailedFor, ...kept }: KeptSubscription): z.input<typeof ShownSchema> {
  return { ...kept, at: iso(at), ...(mailedFor === undefined ? {} : { mailedAt: iso(mailedFor) }) };
}

const notThere = (id: string) =>
  new DomainError({ code: 'not-found', detail: `There is no report subscription ${id}.` });

/** @throws DomainError if there is nothing of which it could report */
async function requireReported({ definitions }: Pick<Deps, 'definitions'>, scope: string): Promise<void> {
  const about = reportedIn(scope);
  if (about === undefined) return;
  const kind = KIND_OF_SCOPE[about.kind];
  const head = kind && (await definitions.head(kind, about.id));
  const isThere = kind === undefined ? CHANNELS.some((channel) => channel === about.id) : head && !head.deleted;
  if (!isThere) throw invalidAt('/scope', `there is no ${about.kind} ${about.id}`);
}

async function requireRoom({ subscriptions }: Pick<Deps, 'subscriptions'>, id: string): Promise<void> {
  const all = await subscriptions.all();
  if (all.length < MAX_SUBSCRIPTIONS || all.some((one) => one.id === id)) return;
  throw new DomainError({ code: 'conflict', detail: `There are ${MAX_SUBSCRIPTIONS} report subscriptions already.` });
}

export const subscriptionRoutes: Route<Deps>[] = [
  route({
    method: 'PUT',
    path: '/v1/report-subscriptions/{id}',
    params: definitionParams,
    role: 'marketer',
    operationId: 'putReportSubscription',
    summary: 'Subscribe addresses to a report',
    description:
      'Each day, Monday or first of a month, these addresses get the report of the day, week or month before: an HTML mail with charts, each address a mail of its own.',
    creates: true,
    body: SubscriptionSchema,
    response: ShownSchema,
    handle: async (deps, { params: { id }, body, caller, intendedAt }) => {
      if (!deps.sendsMails) throw invalidAt('/emails', 'this deployment has no e-mail: its channels say so');
      await requireReported(deps, body.scope);
      await requireRoom(deps, id);
      // First: a mail that comes of it finds no subscription if this call breaks off.
      const { timezone } = await reportSettings(deps);
      await deps.wakes.set(wakeOfMail({ ...body, id }, deps.clock(), timezone));
      const { created } = await deps.subscriptions.put({ ...body, id, by: caller.sub, at: intendedAt });
      const kept = await deps.subscriptions.get(id);
      if (kept === undefined) throw notThere(id);
      return { status: created ? 201 : 200, body: shownOf(kept) };
    },
  }),
  route({
    method: 'GET',
    path: '/v1/report-subscriptions',
    role: 'viewer',
    operationId: 'listReportSubscriptions',
    summary: 'List report subscriptions',
    description: 'By id.',
    query: PageQuerySchema,
    response: () => pageOf(ShownSchema.unwrap()),
    handle: async (deps, { query, path }) => {
      const after = readCursor(path, z.string(), query.cursor) ?? '';
      const left = (await deps.subscriptions.all()).filter(({ id }) => id > after);
      const items = left.slice(0, query.limit);
      const next = left.length > items.length ? items.at(-1)?.id : undefined;
      return { body: page(path, items.map(shownOf), next) };
    },
  }),
  route({
    method: 'GET',
    path: '/v1/report-subscriptions/{id}',
    params: definitionParams,
    role: 'viewer',
    operationId: 'getReportSubscription',
    summary: 'Get a report subscription',
    description: 'To whom it goes, and when it last went.',
    response: ShownSchema,
    handle: async (deps, { params: { id } }) => {
      const kept = await deps.subscriptions.get(id);
      if (kept === undefined) throw notThere(id);
      return { body: shownOf(kept) };
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/report-subscriptions/{id}',
    params: definitionParams,
    role: 'marketer',
    operationId: 'deleteReportSubscription',
    summary: 'Delete a report subscription',
    description: 'No mail follows.',
    status: 204,
    handle: async (deps, { params: { id } }) => {
      if (!(await deps.subscriptions.remove(id))) throw notThere(id);
      return {};
    },
  }),
];
