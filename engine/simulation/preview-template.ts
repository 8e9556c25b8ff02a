import * as z from 'zod';
import { ChannelSchema, RENDERED_SHAPE, type Rendered } from '../../core/channels/registry.ts';
import { lazySchema } from '../../core/lazy-schema.ts';
import { channelsOf } from '../../core/templates/channels.ts';
import { renderOrMissing } from '../../core/templates/missing.ts';
import { profileForLiquid, syntheticForLiquid } from '../../core/templates/profile.ts';
import { RenderError, render } from '../../core/templates/render.ts';
import { requireHead } from '../definitions/read-definition.ts';
import { DomainError, invalidAt } from '../errors.ts';
import { blocksOf } from '../messages/blocks.ts';
import { caughtUpNow } from '../profiles/caught-up.ts';
import { requireProfile } from '../profiles/find-profile.ts';
import { computedTraits } from '../profiles/traits.ts';
import type { SimulationDeps } from './deps.ts';

export const PreviewSchema = lazySchema(() =>
  z.strictObject({
    profileId: z.string().optional(),
    profile: z.record(z.string(), z.unknown()).optional(),
    data: z.record(z.string(), z.unknown()).optional(),
    channel: ChannelSchema.optional(),
  }),
);

export const PreviewedSchema = lazySchema(() =>
  z.object({
    ...RENDERED_SHAPE,
    missing: z.array(z.string()),
  }),
);

/** Renders the newest version with a profile's values. */
export async function previewTemplate(deps: SimulationDeps, id: string, asked: z.infer<typeof PreviewSchema>) {
  const head = await requireHead(deps, 'templates', id);
  const version = await deps.catalog.version('templates', id, head.latest);
  if (version === undefined) throw new DomainError({ code: 'not-found', detail: `There is no template ${id}.` });
  const channel = asked.channel ?? channelsOf(version.definition)[0];
  if (channel === undefined || !channelsOf(version.definition).includes(channel))
    throw invalidAt('/channel', 'the template has nothing for it');
  const found = asked.profileId === undefined ? undefined : await requireProfile(deps, asked.profileId);
  const { snapshot, activity } =
    found === undefined
      ? { ...(await deps.catalog.snapshot()), activity: undefined }
      : await caughtUpNow(deps, found.home);
  const { settings } = snapshot;
  const data = asked.data ?? {};
  const profile =
    asked.profile === undefined
      ? profileForLiquid(found?.profile, computedTraits(activity, snapshot, deps.clock()), settings)
      : syntheticForLiquid(asked.profile, settings);
  const locale = found?.profile.locale ?? (typeof profile.locale === 'string' ? profile.locale : settings.locale);
  const variables = {
    data,
    event: data,
    coupon: data.coupon,
    profile,
    blocks: await blocksOf(deps, version.definition, { snapshot, traits: profile.traits }),
    unsubscribeUrl: 'https://example.com/u/preview',
  };
  const options = {
    locale,
    baseLocale: settings.locale,
    settings,
    compiled: version.compiled,
    link: (url: string) => url,
    class: version.definition.class,
  };
  try {
    const seen = renderOrMissing(variables, (filled) => render(version.definition, channel, filled, options));
    return 'missing' in seen ? seen : { ...shown(seen.rendered), missing: [] };
  } catch (error) {
    if (error instanceof RenderError) throw invalidAt('', `the template cannot be rendered: ${error.message}`);
    throw error;
  }
}

function shown(rendered: Rendered | undefined) {
  if (rendered === undefined) return {};
  const { channel: _channel, ...content } = rendered;
  return content;
}
