import type { Campaign } from '../campaigns/schema.ts';
import type { ComputedTrait } from '../computed-traits/schema.ts';
import type { ContentItem } from '../content/schema.ts';
import type { CouponPool } from '../coupons/schema.ts';
import type { Compiled, Issue, Kind } from '../definitions/definition.ts';
import type { Pins } from '../definitions/pins.ts';
import type { Settings } from '../definitions/settings.ts';
import type { Goal } from '../goals/schema.ts';
import type { EpochMs } from '../ids.ts';
import type { Journey } from '../journeys/schema.ts';
import type { List } from '../lists/schema.ts';
import type { Calendar } from '../policies/calendar.ts';
import type { SegmentDefinition, TagDefinition } from '../tags/schema.ts';
import type { TemplateDefinition } from '../templates/schema.ts';

/** Definitions that marketers write, by kind. The kind is the path `/v1/<kind>` and the first part of the partition key in Catalog. */
export interface Definitions extends Record<Kind, unknown> {
  tags: TagDefinition;
  segments: SegmentDefinition;
  templates: TemplateDefinition;
  journeys: Journey;
  campaigns: Campaign;
  'coupon-pools': CouponPool;
  'computed-traits': ComputedTrait;
  lists: List;
  calendars: Calendar;
  content: ContentItem;
  goals: Goal;
  settings: Settings;
}

/** One immutable version. Its later life is added: `pins` and `publishedAt` at publish, `removedAt` when its state machines are removed. */
export interface Version<K extends Kind = Kind> {
  definition: Definitions[K];
  /** The definition before the schema added defaults: this is what GET shows. */
  sent?: unknown;
  author: string;
  at: EpochMs;
  warnings: Issue[];
  compiled?: Compiled;
  pins?: Pins;
  publishedAt?: EpochMs;
  removedAt?: EpochMs;
}
