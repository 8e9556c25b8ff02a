import { requirementOf } from '../computed-traits/compute.ts';
import { featureSpecsOf } from '../conditions/features.ts';
import { referencesOf } from '../conditions/references.ts';
import type { Condition } from '../conditions/schema.ts';
import { canonicalJson } from '../definitions/canonical.ts';
import { longestCapMs, MIN_CAP_HISTORY_MS } from '../definitions/caps.ts';
import { defaultSettings } from '../definitions/settings.ts';
import { capsOfJourney } from '../journeys/caps.ts';
import { endsInConditions } from '../journeys/ends-in-conditions.ts';
import { eventsInConditions } from '../journeys/events-in-conditions.ts';
import { subscribedEventsOf } from '../journeys/subscribed-events.ts';
import { isTimed } from '../journeys/timed-entries.ts';
import { journeyScope } from '../messages/source.ts';
import { orderRules } from '../tags/order.ts';
import type { Rule } from '../tags/rule.ts';
import type { ComputedRule, Snapshot } from './snapshot.ts';

/** The rules of an empty catalog. */
export const emptySnapshot = (): Snapshot => ({
  version: 0,
  settings: defaultSettings(),
  rules: [],
  features: { version: 0, specs: [] },
  arrivals: { version: 0, since: {} },
  computed: [],
  journeys: [],
  pools: [],
  archived: {},
});

/**
 * Returns the successor of `before` with the definitions of `changed`. Each rule comes after those that it references; the features that rules need
 * keep the feature version that added them. Returns undefined if nothing but the order of keys has changed.
 */
export function nextSnapshot(before: Snapshot, changed: Snapshot): Snapshot | undefined {
  const rules = inDependencyOrder(changed.rules);
  const next = {
    ...changed,
    rules,
    features: featuresOf(before.features, rules, changed),
    arrivals: arrivalsOf(before, rules, changed),
    ...everSubscribed(before, changed),
    ...longestCapsOf(before, changed),
  };
  return canonicalJson(next) === canonicalJson(before) ? undefined : next;
}

/**
 * Returns, for each journey, the events that any of its versions has subscribed to so far. An archived journey starts again, since it has no waiting
 * runs.
 */
function everSubscribed(
  before: Snapshot,
  { journeys, archived }: Pick<Snapshot, 'journeys' | 'archived'>,
): Pick<Snapshot, 'subscribedEvents'> {
  const earlier = Object.entries(before.subscribedEvents ?? {}).filter(([id]) => archived[id] === before.archived[id]);
  const live = journeys.map(({ id, definition }): [string, string[]] => {
    const { exit, resolve } = subscribedEventsOf(definition);
    return [id, [...exit, ...resolve, ...eventsInConditions(definition), ...endsInConditions(definition)]];
  });
  const names = Map.groupBy([...earlier, ...live], ([id]) => id);
  const byId = [...names].map(([id, all]) => [id, [...new Set(all.flatMap(([, some]) => some))].sort()] as const);
  return { subscribedEvents: byId.length === 0 ? undefined : Object.fromEntries(byId) };
}

/** Like `everSubscribed`: runs of an older version still send by its caps. */
function longestCapsOf(
  before: Snapshot,
  { journeys, archived }: Pick<Snapshot, 'journeys' | 'archived'>,
): Pick<Snapshot, 'longestCaps'> {
  const known = Object.entries(before.longestCaps ?? {}).filter(([id]) => archived[id] === before.archived[id]);
  const live = journeys.map(({ id, definition }): [string, number] => [id, longestCapMs(capsOfJourney(definition))]);
  const longest = Map.groupBy([...known, ...live], ([id]) => id);
  const byId = [...longest]
    .map(([id, all]): [string, number] => [id, Math.max(...all.map(([, ms]) => ms))])
    .filter(([, ms]) => ms > MIN_CAP_HISTORY_MS);
  return { longestCaps: byId.length === 0 ? undefined : Object.fromEntries(byId) };
}

/** `check` refuses cycles. If two concurrent definitions close a cycle, the order stays as it is. */
function inDependencyOrder(rules: Rule[]): Rule[] {
  const byId = [...rules].sort((a, b) => (ruleKey(a) < ruleKey(b) ? -1 : 1));
  const ordered = orderRules(byId);
  return 'cycle' in ordered ? byId : ordered.order;
}

export const ruleKey = (rule: Pick<Rule, 'kind' | 'id'>): string => `${rule.kind}:${rule.id}`;

function arrivalsOf(before: Snapshot, rules: Rule[], changed: Snapshot): Snapshot['arrivals'] {
  const held = marksOf(before.rules, before);
  const marks = marksOf(rules, changed);
  const isOld = (key: string) => held.get(key) === marks.get(key);
  const isSame =
    held.size === marks.size &&
    [...marks.keys()].every(isOld) &&
    evaluationSettings(before.settings) === evaluationSettings(changed.settings);
  const version = isSame ? before.arrivals.version : before.arrivals.version + 1;
  const sinceOf = (key: string) => (isOld(key) ? (before.arrivals.since[key] ?? 0) : version);
  return { version, since: Object.fromEntries([...marks.keys()].map((key) => [key, sinceOf(key)])) };
}

/** Returns a mark for each rule, computed trait and timed journey. As long as its mark stays the same, it counts as unchanged. */
const marksOf = (rules: Rule[], { computed, journeys }: Pick<Snapshot, 'computed' | 'journeys'>): Map<string, string> =>
  new Map([
    ...rules.map((rule) => [ruleKey(rule), canonicalJson([rule.definition.if, computedIn(rule, computed)])] as const),
    ...computed.map(({ id, definition }) => [`computed:${id}`, canonicalJson(requirementOf(definition))] as const),
    ...journeys
      .filter(({ definition }) => isTimed(definition.entry))
      .map(({ id, definition }) => [journeyScope(id), canonicalJson(definition.entry)] as const),
  ]);

/** Returns the part of the settings that rules and timed entries depend on. */
const evaluationSettings = ({ timezone, fatigue }: Snapshot['settings']): string => canonicalJson([timezone, fatigue]);

/** Returns the computed traits that a rule asks for. */
function computedIn(rule: Rule, computed: ComputedRule[]): ComputedRule[] {
  if (rule.definition.if === undefined) return [];
  const { traits } = referencesOf(rule.definition.if);
  return computed.filter(({ id }) => traits.includes(id));
}

function featuresOf(
  before: Snapshot['features'],
  rules: Rule[],
  { settings, computed }: Pick<Snapshot, 'settings' | 'computed'>,
): Snapshot['features'] {
  const known = new Map(before.specs.map((spec) => [spec.id, spec.since]));
  const conditions = rules.flatMap(({ definition }) => (definition.if === undefined ? [] : [definition.if]));
  const others = computed.map(({ definition }) => requirementOf(definition));
  // The gate asks it of every customer.
  const asked = settings.fatigue.map(({ channel }): Condition => ({ fatigued: channel }));
  const needed = featureSpecsOf([...conditions, ...asked], settings.fatigue, others);
  const version = needed.some((spec) => !known.has(spec.id)) ? before.version + 1 : before.version;
  return { version, specs: needed.map((spec) => ({ ...spec, since: known.get(spec.id) ?? version })) };
}
