import type { Campaign } from '../../core/campaigns/schema.ts';
import { templateOf } from '../../core/campaigns/schema.ts';
import { type Channel, kindOf } from '../../core/channels/registry.ts';
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
import type { AudienceMember } from './evaluate-member.ts';

export type RenderDeps = FatigueDeps & { catalog: Pick<CatalogStore, 'version' | 'content'> };

/** Messages of a channel that are rendered; the others are taken to be as long. */
const RENDERED = 50;
/** Links of a message are about as long as these. */
const PLACE = {
  secret: 'plan',
  message: 'a'.repeat(26),
  url: 'https://example.execute-api.eu-central-1.amazonaws.com',
};

/** Renders some of a channel's messages: the mean of what they are billed as, and how many cannot be rendered. */
export async function renderedSample(
  deps: RenderDeps,
  {
    campaign,
    templates,
  }: {
    campaign: Campaign;
    templates: ReadonlyMap<string, { definition: TemplateDefinition; compiled?: Compiled | undefined }>;
  },
  channel: Channel,
  recipients: readonly AudienceMember[],
): Promise<{ mean: number; rendered: number; failed: number; why?: string }> {
  const step = Math.max(1, Math.floor(recipients.length / RENDERED));
  const chosen = recipients.filter((_, index) => index % step === 0).slice(0, RENDERED);
  const billed: number[] = [];
  let why: string | undefined;
  for (const { line, home } of chosen) {
    const template = templates.get(templateOf(campaign, campaign.variants?.[line.v ?? -1]?.name) ?? '');
    if (template === undefined) continue;
    const found = await unitsOf(deps, channel, template, home);
    if (typeof found === 'number') billed.push(found);
    else why ??= found.message;
  }
  const total = billed.reduce((sum, units) => sum + units, 0);
  return {
    mean: billed.length === 0 ? 1 : total / billed.length,
    rendered: chosen.length,
    failed: chosen.length - billed.length,
    ...(why === undefined ? {} : { why }),
  };
}

async function unitsOf(
  deps: RenderDeps,
  channel: Channel,
  { definition, compiled }: { definition: TemplateDefinition; compiled?: Compiled | undefined },
  home: AudienceMember['home'],
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
    const rendered = render(definition, channel, variables, {
      locale: home.profile.locale ?? settings.locale,
      baseLocale: settings.locale,
      settings,
      ...(compiled === undefined ? {} : { compiled }),
      link: () => `${url}/c/${linkToken(secret, message, 0)}`,
      class: definition.class,
    });
    return rendered === undefined ? 1 : (kindOf(channel).billedUnits?.(rendered) ?? 1);
  } catch (error) {
    if (error instanceof RenderError) return error;
    throw error;
  }
}
