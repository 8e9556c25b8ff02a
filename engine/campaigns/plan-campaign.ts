import { audienceGathering } from '../../core/campaigns/audience-groups.ts';
import { type Clash, clashesOf } from '../../core/campaigns/clashes.ts';
import type { Occurrence } from '../../core/campaigns/occurrence.ts';
import { firstOccurrence } from '../../core/campaigns/occurrence-times.ts';
import {
  byChannelOf,
  type Forecast,
  isLeaving,
  type Plan,
  scaleCounts,
  scaleParts,
  warningsOfPlan,
} from '../../core/campaigns/plan.ts';
import { type Campaign, templatesOf } from '../../core/campaigns/schema.ts';
import type { Snapshot } from '../../core/catalog/snapshot.ts';
import type { Compiled, Issue } from '../../core/definitions/definition.ts';
import type { EpochMs } from '../../core/ids.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import type { TemplateDefinition } from '../../core/templates/schema.ts';
import { DAY_MS } from '../../core/time/units.ts';
import type { CatalogStore, DefinitionStore } from '../definitions/ports.ts';
import { membersKey, type StartJobDeps } from '../jobs/start-job.ts';
import type { ProfileStore } from '../profiles/ports.ts';
import { sampled } from '../profiles/preview-audience.ts';
import { type AudienceMember, type MemberDeps, memberEvaluator } from './evaluate-member.ts';
import type { ForecastDeps, Planned } from './forecast.ts';
import { forecastStages } from './forecast-stages.ts';
import { channelsOfSender, itemsOf, liveSenders, senderOfCampaign } from './planned-items.ts';
import { type RenderDeps, renderedSample } from './rendered-sample.ts';

export interface PlanDeps extends Pick<StartJobDeps, 'jobs' | 'rules'>, ForecastDeps {
  profiles: ForecastDeps['profiles'] & MemberDeps['profiles'] & Pick<ProfileStore, 'members' | 'countMembers'>;
  runs: MemberDeps['runs'];
  catalog: Pick<CatalogStore, 'snapshot' | 'version' | 'content'>;
  definitions: Pick<DefinitionStore, 'head'>;
}

const CONCURRENCY = 16;

type Templates = Map<string, { definition: TemplateDefinition; compiled?: Compiled | undefined }>;

/**
 * Plans what a campaign would do if it was published now: evaluates its audience, and asks the gate about each recipient, by the code that does so in
 * earnest. Exact for an audience of up to about 1,000 candidates, else from a sample. Changes nothing.
 */
export async function planCampaign(deps: PlanDeps, id: string, campaign: Campaign): Promise<Plan> {
  const now = deps.clock();
  const { snapshot, pointer } = await deps.catalog.snapshot({ since: now });
  const occurrence = plannedOccurrence(id, campaign, now);
  const newest = await newestTemplates(deps, campaign);
  const templates = new Map([...newest].map(([name, { definition }]) => [name, definition]));
  const { keys, people } = await sampled(deps, await membersKey(deps, campaign.audience));
  const evaluate = memberEvaluator(deps, { occurrence, campaign, snapshot, templates, armedAt: now });
  const members = await evaluate(keys);

  const gathering = audienceGathering();
  for (const { line } of members) gathering.add(line);
  const { counts, recipients, shared } = gathering.gathered();
  const byKey = new Map(members.map((one) => [one.line.p, one]));
  const reached = recipients.flatMap(({ p }) => byKey.get(p) ?? []);
  const planned: Planned = { id, campaign, at: occurrence.at, templates, snapshot, pointer };
  const factor = keys.length === 0 || keys.length >= people ? 1 : people / keys.length;
  const staged = await forecastStages(deps, planned, { members: reached, without: shared.without, factor });
  const { forecasts } = staged;

  const scaled = scaleCounts(counts, factor);
  const priced = await costOf(deps, { campaign, templates: newest }, snapshot, { reached, forecasts, factor });
  const plan = {
    ...scaled,
    byChannel: scaleParts(sizesOf(byChannelOf(forecasts)), scaled.recipients),
    suppressed: suppressedOf(forecasts, factor),
    late: Math.round(reached.filter(({ isLate }) => isLate).length * factor),
    cost: priced.cost,
    ...spanOf(staged, Math.max(occurrence.at, now)),
    estimated: factor !== 1,
  };
  const validFor = campaign.validFor ?? snapshot.settings.validFor.campaign;
  const clashes = await clashesNear(deps, id, campaign, snapshot, plan.firstAt);
  return { ...plan, warnings: [...warningsOfPlan(plan, campaign, { id, validFor, clashes }), ...priced.warnings] };
}

/** Its first occurrence if it was published now; one without a time, or whose time has passed, is taken to be now. */
function plannedOccurrence(
  campaign: string,
  { at }: Campaign,
  now: EpochMs,
): Pick<Occurrence, 'campaign' | 'at' | 'date'> {
  const first = typeof at === 'string' ? undefined : firstOccurrence(at, now);
  return { campaign, ...(first ?? { at: now }) };
}

async function newestTemplates({ definitions, catalog }: PlanDeps, campaign: Campaign): Promise<Templates> {
  const found: Templates = new Map();
  for (const id of templatesOf(campaign)) {
    const head = await definitions.head('templates', id);
    const version = head && !head.deleted ? await catalog.version('templates', id, head.latest) : undefined;
    if (version !== undefined) found.set(id, version);
  }
  return found;
}

const sizesOf = <Name>(groups: ReadonlyMap<Name, readonly unknown[]>): Map<Name, number> =>
  new Map([...groups].map(([name, group]) => [name, group.length]));

function suppressedOf(forecasts: readonly Forecast[], factor: number): Record<string, number> {
  const refused = forecasts.flatMap(({ reason }) => reason ?? []);
  const sizes = sizesOf(Map.groupBy(refused, (reason) => reason));
  return Object.fromEntries([...sizes].map(([reason, count]) => [reason, Math.round(count * factor)]));
}

interface Sampled {
  forecasts: readonly Forecast[];
  factor: number;
}

async function costOf(
  deps: RenderDeps,
  planned: Parameters<typeof renderedSample>[1],
  { settings }: Snapshot,
  { reached, forecasts, factor }: Sampled & { reached: readonly AudienceMember[] },
): Promise<{ cost: Plan['cost']; warnings: Issue[] }> {
  const { costs, currency } = settings.money;
  const leaving = Map.groupBy(
    reached.flatMap((one, index) => {
      const { channel, reason } = forecasts[index] ?? {};
      return channel === undefined || reason !== undefined ? [] : [{ one, channel }];
    }),
    ({ channel }) => channel,
  );
  const warnings: Issue[] = [];
  let amount = 0;
  for (const [channel, group] of leaving) {
    const people = group.map(({ one }) => one);
    const { mean, rendered, failed, why } = await renderedSample(deps, planned, channel, people);
    amount += people.length * factor * mean * (costs[channel] ?? 0);
    if (failed > 0)
      warnings.push({
        path: '/template',
        message: `${failed} of ${rendered} for ${channel} cannot be rendered: ${why}`,
      });
  }
  return { cost: { amount: Math.round(amount * 1e6) / 1e6, currency }, warnings };
}

/** Returns the time from the first message that leaves to the last. */
function spanOf(
  { timed, lastAt }: Pick<Awaited<ReturnType<typeof forecastStages>>, 'timed' | 'lastAt'>,
  otherwise: EpochMs,
): Pick<Plan, 'firstAt' | 'lastAt'> {
  const instants = timed.filter(isLeaving).map(({ leaves }) => leaves);
  const first = instants.reduce((least, one) => Math.min(least, one), instants[0] ?? otherwise);
  return { firstAt: first, lastAt: instants.reduce((most, one) => Math.max(most, one), lastAt ?? first) };
}

/** Clashes with what is live, on the days around its first instant. */
async function clashesNear(
  deps: PlanDeps,
  id: string,
  campaign: Campaign,
  snapshot: Snapshot,
  at: EpochMs,
): Promise<Clash[]> {
  const range = { from: at - 2 * DAY_MS, to: at + 2 * DAY_MS };
  const { channels, caps, timezone } = snapshot.settings;
  const own = senderOfCampaign(id, campaign, undefined);
  const others = liveSenders(snapshot).filter((one) => one.kind !== 'campaign' || one.id !== id);
  const items = await mapWithConcurrency(CONCURRENCY, [own, ...others], async (sender) => {
    const isNow = sender === own && campaign.at === 'now';
    if (!isNow && itemsOf(sender, [], range, 1).length === 0) return [];
    const used = await channelsOfSender(deps, sender, channels);
    const segment = 'segment' in campaign.audience ? { segment: campaign.audience.segment } : {};
    return isNow
      ? [{ at, id, kind: 'campaign' as const, channels: used, ...segment }]
      : itemsOf(sender, used, range, 10);
  });
  return clashesOf(items.flat(), caps, timezone);
}
