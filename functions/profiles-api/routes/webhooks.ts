import * as z from 'zod';
import { DefinitionIdSchema } from '../../../core/definition-id.ts';
import { lazySchema } from '../../../core/lazy-schema.ts';
import { mapWithConcurrency } from '../../../core/map-with-concurrency.ts';
import { iso } from '../../../core/time/instant.ts';
import { requireHead } from '../../../engine/definitions/read-definition.ts';
import { definitionParams } from '../../../runtime/http/params.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { profilesOfItems } from './profiles-of-items.ts';
import { route } from './route.ts';

const MAX_ANSWERS = 50;
const MAX_LOOKUPS = 8;

const AnswerSchema = lazySchema(() =>
  z.object({
    at: z.string(),
    node: z.string(),
    run: z.string(),
    profileId: z.string(),
    webhookId: z.string(),
    /** From 1. */
    attempt: z.number().int(),
    status: z.number().int().meta({ description: '0: it could not be reached' }),
    latencyMs: z.number().int(),
    body: z.string().optional().meta({ description: 'The first 500 characters of the answer' }),
  }),
);

/** Webhook nodes of the journey's newest and live versions. */
async function nodesOf({ definitions }: Pick<Deps, 'definitions'>, id: string): Promise<string[]> {
  const head = await requireHead({ definitions }, 'journeys', id);
  const numbers = [...new Set([head.latest, head.published ?? head.latest])];
  const versions = await Promise.all(numbers.map((n) => definitions.version('journeys', id, n)));
  const nodes = versions.flatMap((version) =>
    Object.entries(version?.definition.nodes ?? {}).flatMap(([node, { type }]) => (type === 'webhook' ? [node] : [])),
  );
  return [...new Set(nodes)];
}

export const webhookRoutes: Route<Deps>[] = [
  route({
    method: 'GET',
    path: '/v1/journeys/{id}/webhooks',
    params: definitionParams,
    role: 'viewer',
    operationId: 'listWebhookAnswers',
    summary: 'List answers to webhooks',
    description: 'The newest 50 answers to calls of a journey or of one `node`, newest first; kept for 30 days.',
    query: () => z.object({ node: DefinitionIdSchema.optional() }),
    response: () => z.object({ items: z.array(AnswerSchema) }),
    handle: async (deps, { params: { id }, query }) => {
      const ofJourney = await nodesOf(deps, id);
      const nodes = query.node === undefined ? ofJourney : [query.node];
      const pages = await mapWithConcurrency(MAX_LOOKUPS, nodes, (node) =>
        deps.webhookLog.newest(id, node, MAX_ANSWERS),
      );
      const answers = pages
        .flat()
        .toSorted((a, b) => b.at - a.at)
        .slice(0, MAX_ANSWERS);
      const { ids, known } = await profilesOfItems(deps, answers);
      return {
        body: {
          items: answers.map(({ at, node, run, webhook, attempt, status, latencyMs, body }, index) => ({
            at: iso(at),
            node,
            run,
            profileId: ids[index] ?? '',
            webhookId: webhook,
            attempt: attempt + 1,
            status,
            latencyMs,
            ...(body === undefined ? {} : { body }),
          })),
        },
        // A receiver's response may repeat the customer's data.
        known,
      };
    },
  }),
];
