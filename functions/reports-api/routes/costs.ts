import * as z from 'zod';
import { ChannelSchema } from '../../../core/channels/registry.ts';
import { DefinitionIdSchema } from '../../../core/definition-id.ts';
import { hashId } from '../../../core/ids.ts';
import { lazySchema } from '../../../core/lazy-schema.ts';
import { MILLIONTHS } from '../../../core/results/returns.ts';
import { isDate } from '../../../core/time/calendar.ts';
import { iso } from '../../../core/time/instant.ts';
import { invalidAt } from '../../../engine/errors.ts';
import type { Cost } from '../../../engine/results/ports.ts';
import { PageQuerySchema, page, pageOf, readCursor } from '../../../runtime/http/cursor.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { route } from './route.ts';

const MAX_AMOUNT = 1_000_000_000;
const ONE_OF = 'needs exactly one of channel, campaign';

const ON = { channel: ChannelSchema.optional(), campaign: DefinitionIdSchema.optional() };
const DateSchema = z.string().refine(isDate, 'must be a date such as "2026-11-02"').meta({ format: 'date' });

const SentSchema = lazySchema(() =>
  z
    .strictObject({
      ...ON,
      day: DateSchema.describe('in the settings’ timezone'),
      amount: z
        .number()
        .min(-MAX_AMOUNT)
        .max(MAX_AMOUNT)
        .refine((amount) => Math.round(amount * MILLIONTHS) !== 0, 'must not be 0')
        .describe('major units of the settings’ currency; below zero it takes back what was too much'),
      note: z.string().max(2_000).optional(),
    })
    .refine(isOnOne, ONE_OF),
);
const CostSchema = lazySchema(() =>
  z.object({
    id: z.string(),
    ...ON,
    day: z.string(),
    amount: z.number(),
    note: z.string().optional(),
    by: z.string(),
    at: z.string(),
  }),
);

function isOnOne({ channel, campaign }: { channel?: unknown; campaign?: unknown }): boolean {
  return (channel === undefined) !== (campaign === undefined);
}

const scopeOf = ({ channel, campaign }: { channel?: string | undefined; campaign?: string | undefined }): string =>
  channel === undefined ? `campaign:${campaign}` : `channel:${channel}`;

function shownOf({ scope, amount, at, ...cost }: Cost): z.input<typeof CostSchema> {
  const [kind = '', name = ''] = scope.split(':');
  return { ...cost, [kind]: name, amount: amount / MILLIONTHS, at: iso(at) };
}

export const costRoutes: Route<Deps>[] = [
  route({
    method: 'POST',
    path: '/v1/costs',
    role: 'marketer',
    status: 201,
    operationId: 'addCost',
    summary: 'Add outside spend to a channel or campaign',
    description:
      'Adds what an agency, an advertisement or a list cost on a day. Reports add it to the cost of sending.',
    body: SentSchema,
    response: CostSchema,
    handle: async (deps, { body, caller, intent, intendedAt }) => {
      const { campaign, note } = body;
      const head = campaign === undefined ? undefined : await deps.definitions.head('campaigns', campaign);
      if (campaign !== undefined && (head === undefined || head.deleted))
        throw invalidAt('/campaign', `there is no campaign ${campaign}`);
      const cost = await deps.costs.add({
        id: hashId('cost', intent),
        scope: scopeOf(body),
        day: body.day,
        amount: Math.round(body.amount * MILLIONTHS),
        ...(note === undefined ? {} : { note }),
        by: caller.sub,
        at: intendedAt,
      });
      return { body: shownOf(cost) };
    },
  }),
  route({
    method: 'GET',
    path: '/v1/costs',
    role: 'viewer',
    operationId: 'listCosts',
    summary: 'List outside spend of a channel or campaign',
    description: 'Earliest day first.',
    query: () => PageQuerySchema.extend(ON),
    response: () => pageOf(CostSchema.unwrap()),
    handle: async (deps, { query, path }) => {
      if (!isOnOne(query)) throw invalidAt('/query/channel', ONE_OF);
      const scope = scopeOf(query);
      const after = readCursor(`${path} ${scope}`, z.string(), query.cursor);
      const { items, next } = await deps.costs.list(scope, { limit: query.limit, after });
      return { body: page(`${path} ${scope}`, items.map(shownOf), next) };
    },
  }),
];
