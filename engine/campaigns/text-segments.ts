import type { Campaign } from '../../core/campaigns/schema.ts';
import { templateOf } from '../../core/campaigns/schema.ts';
import type { Compiled } from '../../core/definitions/definition.ts';
import { linkToken, unsubscribeToken } from '../../core/links/token.ts';
import { profileForLiquid } from '../../core/templates/profile.ts';
import { RenderError, render } from '../../core/templates/render.ts';
import type { TemplateDefinition } from '../../core/templates/schema.ts';
import type { CatalogStore } from '../definitions/ports.ts';
import { blocksOf } from '../messages/blocks.ts';
import type { FatigueDeps } from '../messages/fatigued-channels.ts';
import { caughtUpNow } from '../profiles/caught-up.ts';
import { computedTraits } from '../profiles/traits.ts';
import type { Judged } from './judge-audience.ts';

export type RenderDeps = FatigueDeps & { catalog: Pick<CatalogStore, 'version' | 'content'> };

/** Texts that are rendered; those of the others are taken to be as long. */
const RENDERED = 50;
/** Links of a text are about as long as these. */
const PLACE = {
  secret: 'plan',
  message: 'a'.repeat(26),
  url: 'https://example.execute-api.eu-central-1.amazonaws.com',
};

/** Renders some of the texts: the mean of their segments, and how many cannot be rendered. */
export async function textSegments(
  deps: RenderDeps,
  {
    campaign,
    templates,
  }: {
    campaign: Campaign;
    templates: ReadonlyMap<string, { definition: TemplateDefinition; compiled?: Compiled | undefined }>;
  },
  recipients: readonly Judged[],
): Promise<{ mean: number; rendered: number; failed: number; why?: string }> {
  const step = Math.max(1, Math.floor(recipients.length / RENDERED));
  const chosen = recipients.filter((_, index) => index % step === 0).slice(0, RENDERED);
  const sizes: number[] = [];
  let why: string | undefined;
  for (const { line, home } of chosen) {
    const template = templates.get(templateOf(campaign, campaign.variants?.[line.v ?? -1]?.name) ?? '');
    if (template === undefined) continue;
    const size = await sizeOf(deps, template, home);
    if (typeof size === 'number') sizes.push(size);
    else why ??= size.message;
  }
  const total = sizes.reduce((sum, size) => sum + size, 0);
  return {
    mean: sizes.length === 0 ? 1 : total / sizes.length,
    rendered: chosen.length,
    failed: chosen.length - sizes.length,
    ...(why === undefined ? {} : { why }),
  };
}

async function sizeOf(
  deps: RenderDeps,
  { definition, compiled }: { definition: TemplateDefinition; compiled?: Compiled | undefined },
  home: Judged['home'],
): Promise<number | RenderError> {
  const { activity, snapshot } = await caughtUpNow(deps, home);
  const { settings } = snapshot;
  const profile = profileForLiquid(home.profile, computedTraits(activity, snapshot, deps.clock()), settings);
  const { secret, message, url } = PLACE;
  const variables = {
    data: {},
    event: {},
    profile,
    blocks: await blocksOf(deps, definition, { snapshot, traits: profile.traits }),
    unsubscribeUrl: `${url}/u/${unsubscribeToken(secret, message)}`,
  };
  try {
    const rendered = render(definition, 'sms', variables, {
      locale: home.profile.locale ?? settings.locale,
      baseLocale: settings.locale,
      settings,
      ...(compiled === undefined ? {} : { compiled }),
      link: () => `${url}/c/${linkToken(secret, message, 0)}`,
      class: definition.class,
    });
    return rendered !== undefined && 'segments' in rendered ? rendered.segments : 1;
  } catch (error) {
    if (error instanceof RenderError) return error;
    throw error;
  }
}
