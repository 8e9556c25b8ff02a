import { contentKinds } from '../../core/catalog/content-versions.ts';
import type { Definitions } from '../../core/catalog/definitions.ts';
import type { CheckView, DefinitionKind } from '../../core/catalog/kind.ts';
import type { Channel } from '../../core/channels/registry.ts';
import type { NewestJourney } from '../../core/definitions/check-view.ts';
import type { Head, Kind, Reference } from '../../core/definitions/definition.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import type { Calendar } from '../../core/policies/calendar.ts';
import { channelsOf } from '../../core/templates/channels.ts';
import { contentWarnings, emptyBlocks } from '../../core/templates/check.ts';
import { neededCoupon } from '../../core/templates/needed-coupon.ts';
import type { TemplateDefinition } from '../../core/templates/schema.ts';
import type { DefinitionDeps } from './deps.ts';

export type CheckDeps = Pick<DefinitionDeps, 'definitions' | 'eventNames' | 'catalog' | 'secrets' | 'clock'>;

/** Reads (strongly consistent) the definitions that this one references, so that the checks themselves are pure. */
export async function checkView<K extends Kind>(
  deps: CheckDeps,
  kind: DefinitionKind<K>,
  definition: Definitions[K],
): Promise<CheckView> {
  const channels = new Map<string, Channel[]>();
  const coupons = new Map<string, string>();
  const templates = new Map<string, TemplateDefinition>();
  const calendars = new Map<string, Calendar>();
  const there = new Set<string>();
  const journeys = new Map<string, NewestJourney>();
  const come = new Set<string>();
  const live = (await deps.catalog.snapshot()).snapshot;
  const now = deps.clock();
  const asked = [...kind.references(definition), ...(kind.asks?.(definition, { live, now }) ?? [])];
  await mapWithConcurrency(8, asked, async (reference) => {
    const head = await deps.definitions.head(reference.kind, reference.id);
    if (head === undefined || head.deleted) return;
    there.add(keyOf(reference));
    if (reference.kind === 'journeys') journeys.set(reference.id, newestOf(head));
    if (reference.kind === 'calendars') {
      const calendar = await deps.definitions.version('calendars', reference.id, head.latest);
      if (calendar !== undefined) calendars.set(reference.id, calendar.definition);
    }
    if (reference.kind !== 'templates') return;
    const template = await deps.definitions.version('templates', reference.id, head.latest);
    if (template === undefined) return;
    templates.set(reference.id, template.definition);
    channels.set(reference.id, channelsOf(template.definition));
    const coupon = neededCoupon(template.definition);
    if (coupon !== undefined) coupons.set(reference.id, coupon);
  });
  await mapWithConcurrency(8, [...new Set(kind.events?.(definition))], async (event) => {
    if (await deps.eventNames.has(event)) come.add(event);
  });
  const secrets = new Set<string>();
  await mapWithConcurrency(8, [...new Set(kind.secrets?.(definition))], async (secret) => {
    if (await deps.secrets.has(secret)) secrets.add(secret);
  });
  return {
    hasSecret: (id) => secrets.has(id),
    hasArrived: (event) => come.has(event),
    has: (reference) => there.has(keyOf(reference)),
    channelsOf: (template) => channels.get(template),
    classOf: (template) => templates.get(template)?.class,
    calendar: (id) => calendars.get(id),
    newestJourney: (id) => journeys.get(id),
    couponIn: (template) => coupons.get(template),
    templateWarnings(id) {
      const template = templates.get(id);
      if (template === undefined) return [];
      const doubts = [...contentWarnings(template, live.settings), ...emptyBlocks(template, contentKinds(live))];
      return doubts.map(({ message }) => message);
    },
    now,
    live,
  };
}

const newestOf = ({ latest, status, published }: Head): NewestJourney => ({
  version: latest,
  status,
  ...(published === undefined ? {} : { published }),
});

const keyOf = ({ kind, id }: Reference): string => `${kind}/${id}`;
