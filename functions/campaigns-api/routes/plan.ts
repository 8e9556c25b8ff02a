import * as z from 'zod';
import { type Campaign, CampaignSchema, templatesOf } from '../../../core/campaigns/schema.ts';
import { CHANNELS } from '../../../core/channels/registry.ts';
import { chosenUnion } from '../../../core/definitions/keyed-union.ts';
import { lazySchema } from '../../../core/lazy-schema.ts';
import { iso } from '../../../core/time/instant.ts';
import { requireHead } from '../../../engine/definitions/read-definition.ts';
import { DomainError, invalid } from '../../../engine/errors.ts';
import { definitionParams } from '../../../runtime/http/params.ts';
import type { Deps } from '../dependencies.ts';
import { route } from './route.ts';

/** A draft, or nothing. */
const BodySchema = lazySchema(() => {
  const [draft, nothing] = [CampaignSchema.unwrap(), z.strictObject({})];
  return chosenUnion<Campaign | Record<string, never>>([draft, nothing], (value) =>
    typeof value === 'object' && value !== null && Object.keys(value).length === 0 ? nothing : draft,
  ).optional();
});
const draftIn = (body: Campaign | Record<string, never> | undefined): Campaign | undefined =>
  body !== undefined && 'name' in body ? (body as Campaign) : undefined; // only `{}` has none

const count = () => z.number().int();

export const planRoute = route({
  method: 'POST',
  path: '/v1/campaigns/{id}/plan',
  params: definitionParams,
  role: 'viewer',
  // With enough requests, a condition of the caller's own reveals every trait of every customer.
  raised: { role: 'marketer', reason: 'A definition in the body', when: ({ body }) => draftIn(body) !== undefined },
  mutates: false,
  operationId: 'planCampaign',
  summary: 'Plan a campaign',
  description:
    'What it would do if it was published now: whom it reaches by which channel, who is left out and why, what it costs and how long it takes. Of its newest version, or of the draft in the body. Nothing is sent or stored. Among more than about 1,000 candidates a sample is evaluated.',
  body: BodySchema,
  response: () =>
    z.object({
      matched: count(),
      duplicates: count(),
      excluded: count(),
      holdout: count(),
      recipients: count(),
      byChannel: z
        .partialRecord(z.enum([...CHANNELS, 'none']), count())
        .describe('recipients by the channel that they can be reached by'),
      suppressed: z.record(z.string(), count()).describe('recipients to whom nothing would be sent, by the reason'),
      late: count().describe('recipients whose local time has passed'),
      cost: z.object({ amount: z.number(), currency: z.string() }),
      firstAt: z.string(),
      lastAt: z.string(),
      estimated: z.boolean(),
      warnings: z.array(z.object({ path: z.string(), message: z.string() })),
    }),
  handle: async (deps, { params, body }) => {
    const campaign = draftIn(body) ?? (await newestOf(deps, params.id));
    await requireTemplates(deps, campaign);
    const checked = await deps.planCampaign(params.id, campaign);
    const { firstAt, lastAt, warnings, ...plan } = checked.plan;
    return {
      body: {
        ...plan,
        firstAt: iso(firstAt),
        lastAt: iso(lastAt),
        // Errors, for which a submission would be refused, are among them.
        warnings: [...checked.errors, ...checked.warnings, ...warnings].map(({ path, message }) => ({ path, message })),
      },
    };
  },
});

async function newestOf({ definitions }: Deps, id: string) {
  const head = await requireHead({ definitions }, 'campaigns', id);
  const newest = await definitions.version('campaigns', id, head.latest);
  if (newest === undefined) throw new DomainError({ code: 'not-found', detail: `There is no campaigns/${id}.` });
  return newest.definition;
}

/** Without a template nobody can be asked about. */
async function requireTemplates({ definitions }: Deps, campaign: Campaign): Promise<void> {
  const errors = await Promise.all(
    templatesOf(campaign).map(async (id) => {
      const head = await definitions.head('templates', id);
      const index = (campaign.variants ?? []).findIndex(({ template }) => template === id);
      const path = index < 0 ? '/template' : `/variants/${index}/template`;
      return head === undefined || head.deleted ? [{ path, message: `there is no template ${id}` }] : [];
    }),
  );
  if (errors.flat().length > 0) throw invalid('The campaign cannot be planned.', errors.flat());
}
