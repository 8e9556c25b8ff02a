import type { Campaign } from '../campaigns/schema.ts';
import type { Journey } from '../journeys/schema.ts';
import { isOfOccurrence, type Source } from '../messages/source.ts';

/** The window and the caps that a definition sets for its messages, by node where it has nodes. */
export type SendRules = Pick<Journey, 'window' | 'caps' | 'nodes'>;

/** Those of a campaign; a variant's window goes before the campaign's. */
export function sendRulesOfCampaign({ window, caps, variants = [] }: Campaign, source: Source): SendRules {
  const variant = isOfOccurrence(source) ? variants.find(({ name }) => name === source.variant) : undefined;
  const nearest = variant?.window ?? window;
  return {
    ...(nearest === undefined ? {} : { window: nearest }),
    ...(caps === undefined ? {} : { caps }),
    nodes: {},
  };
}
