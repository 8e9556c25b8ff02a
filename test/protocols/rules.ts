import { emptySnapshot, nextSnapshot } from '../../core/catalog/build-snapshot.ts';
import type { LiveCampaign, Pointer, Snapshot } from '../../core/catalog/snapshot.ts';
import { defaultSettings, type Settings } from '../../core/definitions/settings.ts';
import type { Journey } from '../../core/journeys/schema.ts';
import { JourneySchema } from '../../core/journeys/schema.ts';
import type { Rule } from '../../core/tags/rule.ts';
import { TagSchema } from '../../core/tags/schema.ts';
import { type TemplateDefinition, TemplateSchema } from '../../core/templates/schema.ts';
import { JOURNEYS, NEWER, TAGS } from './definitions.ts';

/** The live rules of a history: what the catalog would hold. */
export interface Rules {
  snapshot: Snapshot;
  pointer: Pointer;
  /** Templates of its own; others are push messages. */
  templates?: Record<string, { definition: TemplateDefinition }>;
  /** Campaigns, each in its one version. */
  campaigns?: Record<string, Pick<LiveCampaign, 'definition' | 'pins'>>;
  journeys: Record<
    string,
    {
      definition: Journey;
      pins: { templates: Record<string, number>; journeys: Record<string, number> };
      /** Its version 2. */
      newer?: Journey;
    }
  >;
}

/** Node types that occur in these journeys. */
export const TYPES: ReadonlySet<string> = new Set(
  Object.values(JOURNEYS).flatMap(({ nodes }) => Object.values<{ type: string }>(nodes).map(({ type }) => type)),
);

/** The live rules at the start of every history; it may change the pointer, and what its snapshot names. */
export const rules = (): Rules => ({
  ...built,
  snapshot: { ...built.snapshot },
  pointer: { version: 1, channels: {}, journeys: {} },
});

/** Journeys that are live, with these settings and tags. */
export function rulesWith(
  sentJourneys: Record<string, { nodes: Record<string, object> }>,
  settings: Settings,
  tagRules: Rule[] = [],
): Omit<Rules, 'pointer'> {
  const journeys: Rules['journeys'] = {};
  for (const [id, sent] of Object.entries(sentJourneys)) {
    const templates = Object.fromEntries(
      Object.values(sent.nodes).flatMap((node) => ('template' in node ? [[String(node.template), 1]] : [])),
    );
    journeys[id] = { definition: JourneySchema.parse(sent), pins: { templates, journeys: {} } };
  }
  const before = emptySnapshot();
  const live = Object.entries(journeys).map(([id, { definition, pins }]) => ({ id, version: 1, definition, pins }));
  const changed = {
    ...before,
    settings,
    rules: tagRules,
    journeys: live,
    pools: [{ id: 'pool', redeemedBy: [{ event: 'Coupon Redeemed', code: 'code' }] }],
  };
  return { snapshot: nextSnapshot(before, changed) ?? before, journeys };
}
const built = rulesWith(
  JOURNEYS,
  defaultSettings(),
  Object.entries(TAGS)
    .filter(([, sent]) => 'if' in sent)
    .map(([id, sent]): Rule => ({ kind: 'tag', id, version: 1, definition: TagSchema.parse(sent) })),
);

for (const [id, sent] of Object.entries(NEWER)) {
  const journey = built.journeys[id];
  if (journey !== undefined) journey.newer = JourneySchema.parse(sent);
}

/** The definition of a version. */
export const definitionIn = (journeys: Rules['journeys'], id: string, version: number): Journey | undefined =>
  version === 1 ? journeys[id]?.definition : journeys[id]?.newer;

/** Makes version 2 of a journey live. */
export function withNewer({ snapshot, journeys }: Rules, id: string): Snapshot {
  const [journey, others] = [journeys[id], snapshot.journeys.filter((live) => live.id !== id)];
  if (journey?.newer === undefined) throw new Error(`there is no version 2 of ${id}`);
  const live = { id, version: 2, definition: journey.newer, pins: journey.pins };
  const next = nextSnapshot(snapshot, { ...snapshot, journeys: [...others, live] });
  return next === undefined ? snapshot : { ...next, version: snapshot.version + 1 };
}

/** Changes of the rules while customers act. A change that was made stays. */
export const CHANGES = {
  /** A rule without kept features so far. */
  keen: (live: Snapshot) =>
    withTag(live, 'keen', { ...NEW, if: { event: 'Product Added', within: '20h', count: { gte: 3 } } }),
  /** The same rule with another condition. */
  buyer: (live: Snapshot) =>
    withTag(live, 'buyer', { ...NEW, if: { event: 'Order Completed', within: '20h', count: { gte: 2 } } }),
};
const NEW = { name: 'New', layer: 'behaviour', owner: 'growth', use: 'test' };

function withTag(live: Snapshot, id: string, sent: object): Snapshot {
  const others = live.rules.filter((rule) => rule.id !== id);
  const rule: Rule = { kind: 'tag', id, version: 2, definition: TagSchema.parse(sent) };
  const next = nextSnapshot(live, { ...live, rules: [...others, rule] });
  return next === undefined ? live : { ...next, version: live.version + 1 };
}

const MARKETING = new Set(['letter', 'another', 'hello', 'tip', 'nudge', 'offer', 'news', 'plain']);
export const isMarketing = (template: string): boolean => MARKETING.has(template);

const templates = new Map<string, { definition: TemplateDefinition }>();

/** Any template's one version. */
export function template(id: string) {
  const known = templates.get(id) ?? {
    definition: TemplateSchema.parse({
      class: isMarketing(id) ? 'marketing' : 'transactional',
      content: { push: { title: 'T', body: 'B' } },
    }),
  };
  templates.set(id, known);
  return known;
}
