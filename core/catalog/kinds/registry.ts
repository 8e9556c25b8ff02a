import type { Kind } from '../../definitions/definition.ts';
import type { DefinitionKind } from '../kind.ts';
import { calendars } from './calendar.ts';
import { campaigns } from './campaign.ts';
import { computedTraits } from './computed-trait.ts';
import { content } from './content.ts';
import { couponPools } from './coupon-pool.ts';
import { goals } from './goal.ts';
import { journeys } from './journey.ts';
import { lists } from './list.ts';
import { segments } from './segment.ts';
import { settings } from './settings.ts';
import { tags } from './tag.ts';
import { templates } from './template.ts';

/** Every kind of definition: routes, checks, references and the live rules come from it. */
export const KINDS: { [K in Kind]: DefinitionKind<K> } = {
  tags,
  segments,
  templates,
  journeys,
  campaigns,
  'coupon-pools': couponPools,
  'computed-traits': computedTraits,
  lists,
  calendars,
  content,
  goals,
  settings,
};
