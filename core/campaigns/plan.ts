import { CHANNELS, type Channel } from '../channels/registry.ts';
import type { Issue } from '../definitions/definition.ts';
import type { EpochMs } from '../ids.ts';
import { durationMs } from '../time/duration.ts';
import type { Clash } from './clashes.ts';
import type { AudienceCounts } from './occurrence.ts';
import type { Campaign } from './schema.ts';

/** A recipient's outcome: the `reason` for which nothing would be sent, or the `channel` by which it would go. */
export interface Forecast {
  channel?: Channel | undefined;
  reason?: string | undefined;
  /** When it is handed over, and when it leaves at the earliest. */
  due: EpochMs;
  leaves: EpochMs;
}

/** What a campaign would do if it was published now. */
export interface Plan extends AudienceCounts {
  /** Recipients by their channel; `none`: no channel reaches them. */
  byChannel: Partial<Record<Channel | 'none', number>>;
  suppressed: Record<string, number>;
  late: number;
  /** In major units. */
  cost: { amount: number; currency: string };
  firstAt: EpochMs;
  lastAt: EpochMs;
  /** Computed from a sample. */
  estimated: boolean;
  warnings: Issue[];
}

export const byChannelOf = (forecasts: readonly Forecast[]): Map<Channel | 'none', Forecast[]> =>
  Map.groupBy(forecasts, ({ channel }) => channel ?? 'none');

/** Whether a message would leave. */
export const isLeaving = ({ reason, channel }: Forecast): boolean => reason === undefined && channel !== undefined;

/** Scales a sample to all: each group by itself, so that the groups of an audience still add up. */
export function scaleCounts(counts: AudienceCounts, factor: number): AudienceCounts {
  const [duplicates, excluded, holdout, recipients] = [
    counts.duplicates,
    counts.excluded,
    counts.holdout,
    counts.recipients,
  ].map((count) => Math.round(count * factor)) as [number, number, number, number]; // as many as were mapped
  return { matched: duplicates + excluded + holdout + recipients, duplicates, excluded, holdout, recipients };
}

/** Scales parts of a whole: by the largest remainders, so that they add up to it. */
export function scaleParts<Name extends string>(
  parts: ReadonlyMap<Name, number>,
  total: number,
): Partial<Record<Name, number>> {
  const all = [...parts.values()].reduce((sum, count) => sum + count, 0);
  if (all === 0) return {};
  const exact = [...parts].map(([name, count]) => ({ name, share: (count * total) / all }));
  const left = total - exact.reduce((sum, { share }) => sum + Math.floor(share), 0);
  const raised = new Set(
    exact
      .toSorted((a, b) => (b.share % 1) - (a.share % 1))
      .slice(0, Math.round(left))
      .map(({ name }) => name),
  );
  return Object.fromEntries(
    exact.map(({ name, share }) => [name, Math.floor(share) + (raised.has(name) ? 1 : 0)]),
  ) as Partial<Record<Name, number>>; // named by the parts
}

/** `submit` of what goes to somebody at one known time refuses an audience that is nobody. */
export function emptyAudienceIssues({ matched, estimated }: Plan, { at }: Pick<Campaign, 'at'>): Issue[] {
  const isOnce = at === 'now' || (typeof at === 'object' && !('every' in at));
  return isOnce && matched === 0 && !estimated ? [{ path: '/audience', message: 'has nobody in it' }] : [];
}

/** Returns what is doubtful about a plan. `clashes`: those on the days of its occurrence. */
export function warningsOfPlan(
  plan: Omit<Plan, 'warnings'>,
  campaign: Pick<Campaign, 'budget' | 'exclude' | 'throttle' | 'validFor'>,
  { id, validFor, clashes }: { id: string; validFor: string; clashes: readonly Clash[] },
): Issue[] {
  const { budget } = campaign;
  const { cost } = plan;
  const reached = CHANNELS.some((channel) => (plan.byChannel[channel] ?? 0) > 0);
  const seconds = Math.round((plan.lastAt - plan.firstAt) / 1_000);
  return [
    ...(plan.matched === 0
      ? [{ path: '/audience', message: plan.estimated ? 'has probably nobody in it' : 'has nobody in it now' }]
      : plan.recipients === 0
        ? [{ path: campaign.exclude === undefined ? '/audience' : '/exclude', message: 'leaves no recipient' }]
        : []),
    ...(plan.recipients > 0 && !reached
      ? [{ path: '/channels', message: 'no recipient has an address that has consented' }]
      : []),
    ...(budget !== undefined && budget.currency === cost.currency && cost.amount > budget.amount
      ? [{ path: '/budget', message: `will cost about ${cost.amount} ${cost.currency}, more than ${budget.amount}` }]
      : []),
    ...(seconds * 1_000 > durationMs(validFor)
      ? [
          {
            path: campaign.throttle === undefined ? '/validFor' : '/throttle',
            message: `its last messages leave ${Math.round(seconds / 3_600)} h after its first, later than ${validFor}`,
          },
        ]
      : []),
    ...clashes
      .filter(({ ids }) => ids.includes(id))
      .map(({ day, ids, segment }) => ({
        path: '/at',
        message: `on ${day} ${segment === undefined ? 'customers' : `members of ${segment}`} would get more than a daily cap allows: ${ids.join(', ')}`,
      })),
  ];
}
