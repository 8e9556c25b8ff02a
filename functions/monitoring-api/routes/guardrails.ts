import * as z from 'zod';
import { GuardrailSchema } from '../../../core/definitions/settings.ts';
import { lazySchema } from '../../../core/lazy-schema.ts';
import { listGuardrails, type Watched } from '../../../engine/guardrails/list-guardrails.ts';
import { PageQuerySchema, page, pageOf, readCursor } from '../../../runtime/http/cursor.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { route } from './route.ts';

const WatchedSchema = lazySchema(() =>
  z.object({
    ...GuardrailSchema.unwrap().shape,
    scopeId: z.string().describe('a channel, a journey, or a journey and its node, as `wake:remind`'),
    sample: z.number().int().describe('messages that are counted now'),
    did: z.number().int().describe('how many of them did it'),
    rate: z.number().optional().describe('absent: nothing is counted'),
    threshold: z.number().optional().describe('what the rate must not cross; absent: there is no baseline yet'),
    state: z.enum(['ok', 'breached', 'too-few', 'no-baseline']),
  }),
);

const viewOf = ({ rule, scope, measured }: Watched): z.input<typeof WatchedSchema> => {
  const { sent, did, rate, threshold, state } = measured;
  return {
    ...rule,
    scopeId: scope.id,
    sample: sent,
    did,
    ...(rate === undefined ? {} : { rate }),
    ...(threshold === undefined ? {} : { threshold }),
    state,
  };
};

export const guardrailRoutes: Route<Deps>[] = [
  route({
    method: 'GET',
    path: '/v1/guardrails',
    role: 'viewer',
    operationId: 'listGuardrails',
    summary: 'List guardrails',
    description: 'Each rule of the settings with everything that it watches, as it stands now.',
    query: PageQuerySchema,
    response: () => pageOf(WatchedSchema),
    handle: async (deps, { query: { limit, cursor } }) => {
      const from = readCursor('guardrails', z.int().min(0), cursor) ?? 0;
      const { items, next } = await listGuardrails(deps, await deps.catalog.snapshot(), {
        limit,
        from,
        now: deps.clock(),
      });
      return { body: page('guardrails', items.map(viewOf), next) };
    },
  }),
];
