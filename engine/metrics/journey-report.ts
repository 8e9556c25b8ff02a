import * as z from 'zod';
import type { ReachableGoal } from '../../core/goals/own-goal.ts';
import { isReachable } from '../../core/goals/reach.ts';
import type { Journey } from '../../core/journeys/schema.ts';
import { lazySchema } from '../../core/lazy-schema.ts';
import type { LocalDate } from '../../core/time/calendar.ts';
import { spanOfDates } from '../../core/time/local.ts';
import type { DefinitionStore } from '../definitions/ports.ts';
import { DomainError } from '../errors.ts';
import { type CountDeps, factCounts, journeyCounts } from './journey-counts.ts';
import type { Counts } from './sum.ts';

const CountSchema = z.number().int();

export const JourneyReportSchema = lazySchema(() =>
  z.object({
    entered: CountSchema,
    open: CountSchema.describe('entries less ends on these days'),
    outcomes: z.record(z.string(), CountSchema),
    /** Entered runs that reached the goal in time; `rate` is 0 to 1. */
    goal: z.object({ reached: CountSchema, rate: z.number(), target: z.number().optional() }).optional(),
    nodes: z.array(
      z.object({
        id: z.string(),
        entered: CountSchema,
        waiting: CountSchema,
        left: z.record(z.string(), CountSchema).describe('counts by the node that came next'),
        messages: z.record(z.string(), z.union([CountSchema, z.record(z.string(), CountSchema)])),
        ways: z
          .array(
            z.object({
              name: z.string(),
              holdout: z.literal(true).optional(),
              n: CountSchema.describe('runs that took this way'),
              converted: CountSchema.optional().describe('how many of them reached the goal'),
              rate: z.number().optional().describe('converted / n'),
            }),
          )
          .optional()
          .describe('only of a split'),
      }),
    ),
  }),
);
type JourneyReport = z.infer<typeof JourneyReportSchema>;

interface FunnelDeps extends CountDeps {
  definitions: DefinitionStore;
}

/** Days of the settings' timezone, inclusive; without a version, of all. */
interface Asked {
  from: LocalDate;
  to: LocalDate;
  timezone: string;
  version?: number | undefined;
}

/** A journey's funnel over all its versions, by the nodes of its newest, or that of one version. If counters are late, no figure is below zero. */
export async function journeyFunnel(deps: FunnelDeps, id: string, asked: Asked): Promise<JourneyReport> {
  // A deleted journey keeps its report, as it keeps its versions.
  const head = await deps.definitions.head('journeys', id);
  if (head === undefined) throw new DomainError({ code: 'not-found', detail: `There is no journeys/${id}.` });
  const number = asked.version ?? head.published ?? head.latest;
  const version = number > head.latest ? undefined : await deps.definitions.version('journeys', id, number);
  const journey = version?.definition;
  const nodes = Object.keys(journey?.nodes ?? {});
  const span = spanOfDates(asked.from, asked.to, asked.timezone);
  const countsOf =
    asked.version === undefined
      ? await journeyCounts(deps, id, nodes, span)
      : await factCounts(deps, { journey: id, version: number, ...span });
  const totals = countsOf(undefined);
  const outcomes = under('outcome:', totals);
  const entered = totals.entered ?? 0;
  return {
    entered,
    open: Math.max(0, entered - total(outcomes)),
    outcomes,
    ...(isReachable(journey?.goal) ? { goal: goalOf(journey.goal, totals.goal ?? 0, entered) } : {}),
    nodes: nodes.map((node) => nodeOf(node, countsOf(node), journey)),
  };
}

function goalOf({ target }: ReachableGoal, reached: number, entered: number) {
  return { reached, rate: entered === 0 ? 0 : reached / entered, ...(target === undefined ? {} : { target }) };
}

function nodeOf(id: string, counts: Counts, journey: Journey | undefined): JourneyReport['nodes'][number] {
  const node = journey?.nodes[id];
  const left = under('left:', counts);
  const entered = counts.entered ?? 0;
  const gone = node?.type === 'end' ? entered : total(left) + (counts.taken ?? 0);
  // From and to other versions, which may have had other nodes.
  const moved = (counts['migrated:in'] ?? 0) - (counts['migrated:out'] ?? 0);
  const ways = node?.type === 'split' ? { ways: waysOf(node, counts, isReachable(journey?.goal)) } : {};
  return { id, entered, waiting: Math.max(0, entered + moved - gone), left, messages: messagesOf(counts), ...ways };
}

/** Ways of the newest version first, then those that only other versions had. */
function waysOf(
  { ways }: Extract<Journey['nodes'][string], { type: 'split' }>,
  counts: Counts,
  hasGoal: boolean,
): NonNullable<JourneyReport['nodes'][number]['ways']> {
  const [taken, reached] = [under('way:', counts), under('goal:', counts)];
  const names = new Set([...ways.map(({ name }) => name), ...Object.keys(taken)]);
  return [...names].map((name) => {
    const [n, converted] = [taken[name] ?? 0, reached[name] ?? 0];
    const isHoldout = ways.find((way) => way.name === name)?.holdout === true;
    return {
      name,
      ...(isHoldout ? { holdout: true as const } : {}),
      n,
      ...(hasGoal ? { converted, rate: n === 0 ? 0 : converted / n } : {}),
    };
  });
}

/** Counters of a node that are not about its messages. */
const NO_MESSAGES = new Set(['entered', 'left', 'taken', 'migrated', 'way', 'goal']);

/** `suppressed:daily-cap` → `{suppressed: {"daily-cap": n}}`; opens and clicks by machines are separate. */
function messagesOf(counts: Counts): JourneyReport['nodes'][number]['messages'] {
  const messages: JourneyReport['nodes'][number]['messages'] = {};
  for (const [name, count] of Object.entries(counts)) {
    const [status = '', detail] = name.split(':');
    if (NO_MESSAGES.has(status)) continue;
    const there = messages[status];
    if (detail === undefined) messages[status] = count;
    else if (status === 'suppressed' || status === 'failed')
      messages[status] = { ...(typeof there === 'object' ? there : {}), [detail]: count };
  }
  return messages;
}

const under = (prefix: string, counts: Counts): Counts =>
  Object.fromEntries(
    Object.entries(counts).flatMap(([name, count]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), count] as const] : [],
    ),
  );

const total = (counts: Counts): number => Object.values(counts).reduce((sum, count) => sum + count, 0);
