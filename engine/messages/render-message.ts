import type { Channel, Rendered } from '../../core/channels/registry.ts';
import { withPendingTraits } from '../../core/journeys/pending-updates.ts';
import { liquidData } from '../../core/journeys/run-data.ts';
import { linkToken, unsubscribeToken } from '../../core/links/token.ts';
import { profileForLiquid } from '../../core/templates/profile.ts';
import { RenderError, render } from '../../core/templates/render.ts';
import { caughtUpNow } from '../profiles/caught-up.ts';
import { computedTraits } from '../profiles/traits.ts';
import { blocksOf } from './blocks.ts';
import type { SenderDeps } from './deps.ts';
import type { SendContext } from './send-context.ts';

/** A message, ready for its provider. */
export interface Ready {
  content: Rendered;
  links: string[];
  unsubscribeUrl: string;
}

/** Renders the message's template for a channel, with the values that the profile has now. */
export async function renderMessage(
  deps: SenderDeps,
  all: SendContext,
  channel: Channel,
): Promise<Ready | RenderError> {
  const { request, home, template, run } = all;
  const secret = await deps.secret();
  const unsubscribeUrl = `${deps.publicUrl}/u/${unsubscribeToken(secret, request.message)}`;
  const links: string[] = [];
  const link = (url: string) => `${deps.publicUrl}/c/${linkToken(secret, request.message, links.push(url) - 1)}`;
  const own = request.data ?? {};
  const ofRun = request.runData ?? run?.data;
  const data = ofRun === undefined ? { data: own, event: own, coupon: own.coupon } : liquidData(ofRun);
  const { activity, snapshot } = await caughtUpNow(deps, home);
  const computed = computedTraits(activity, snapshot, deps.clock());
  const current = withPendingTraits(home.profile, { at: request.at, traits: request.traits ?? {} });
  const { settings } = all.snapshot;
  const profile = profileForLiquid(current, computed, settings);
  const { traits } = profile;
  const blocks = await blocksOf(deps, template, { source: request.source, snapshot: all.snapshot, traits });
  const variables = { ...data, profile, blocks, unsubscribeUrl };
  const options = {
    locale: home.profile?.locale ?? settings.locale,
    baseLocale: settings.locale,
    settings,
    compiled: all.compiled,
    link,
    class: template.class,
  };
  try {
    const content = render(template, channel, variables, options);
    return content === undefined
      ? new RenderError(`the template has nothing for ${channel}`)
      : { content, links, unsubscribeUrl };
  } catch (error) {
    if (error instanceof RenderError) return error;
    throw error;
  }
}
