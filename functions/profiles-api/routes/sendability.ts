import * as z from 'zod';
import { byChannel, ChannelSchema } from '../../../core/channels/registry.ts';
import { DefinitionIdSchema } from '../../../core/definition-id.ts';
import { lazySchema } from '../../../core/lazy-schema.ts';
import { channelsOf, type TemplateOutline } from '../../../core/templates/channels.ts';
import { iso } from '../../../core/time/instant.ts';
import { invalidAt } from '../../../engine/errors.ts';
import { sendability } from '../../../engine/messages/sendability.ts';
import { requireProfile } from '../../../engine/profiles/find-profile.ts';
import { knownAddresses } from '../../../runtime/http/known-addresses.ts';
import { newestTemplate } from './newest-template.ts';
import { route } from './route.ts';

/** A marketing message on no topic, with content for every channel. */
const ANY: TemplateOutline = { class: 'marketing', content: byChannel(() => ({})) };

const CapUseSchema = lazySchema(() =>
  z.object({
    max: z.int(),
    per: z.literal('day').optional(),
    within: z.string().optional(),
    topic: z.string().optional(),
    channel: ChannelSchema.optional(),
    used: z.int().describe('messages that count towards it now'),
    freesAt: z.string().optional().describe('when it lets one more through, if it is full'),
  }),
);

export const sendabilityRoute = route({
  method: 'GET',
  path: '/v1/profiles/{id+}/sendability',
  role: 'viewer',
  operationId: 'getSendability',
  summary: 'Ask whether a message would be sent now',
  description:
    'The same checks as before each message: addresses, consent, fatigue, pauses, and the window, floors and caps of the settings. Nothing is sent or counted.',
  query: () =>
    z.object({
      template: DefinitionIdSchema.optional().describe('its newest version; absent: a marketing message on no topic'),
      channel: ChannelSchema.optional().describe(
        "absent: the customer's preferred channel, then those of the settings",
      ),
    }),
  response: () =>
    z.object({
      now: z.boolean(),
      channel: ChannelSchema.optional().describe('the one that it would go by'),
      reasons: z
        .array(z.object({ channel: ChannelSchema, reason: z.string() }))
        .describe('why each of the other channels cannot be used now: a reason of messages, or paused'),
      nextAt: z.string().optional().describe('when the window, the hours of the country and the caps let it pass'),
      caps: z.array(CapUseSchema),
    }),
  handle: async (deps, { params, query }) => {
    const { home, profile } = await requireProfile(deps, params.id);
    const template =
      query.template === undefined ? ANY : (await newestTemplate(deps, query.template, '/query/template')).definition;
    if (query.channel !== undefined && !channelsOf(template).includes(query.channel))
      throw invalidAt('/query/channel', `the template has nothing for ${query.channel}`);
    const live = await deps.catalog.snapshot();
    const channels = query.channel === undefined ? undefined : [query.channel];
    const { nextAt, caps, ...answer } = await sendability(deps, {
      home,
      template,
      channels,
      ...live,
      now: deps.clock(),
    });
    return {
      body: {
        ...answer,
        ...(nextAt === undefined ? {} : { nextAt: iso(nextAt) }),
        caps: caps.map(({ cap, used, freesAt }) => ({
          ...cap,
          used,
          ...(freesAt === undefined ? {} : { freesAt: iso(freesAt) }),
        })),
      },
      known: knownAddresses(profile),
    };
  },
});
