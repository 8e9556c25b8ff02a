import * as z from 'zod';
import { type EpochMs, hashId, type ProfileKey } from '../ids.ts';
import type { Step } from '../journeys/walk.ts';
import type { Message } from '../messages/message.ts';
import type { Warning } from '../profiles/warnings.ts';
import type { Plan } from '../runs/run.ts';

/** Something happened to a message or to a run; `record-metrics` counts it. The executor whose conditional write succeeded sends it. */
export const MetricEventSchema = z.object({
  /** If several executors may send it, as every retry sends a run's end: of those with the same mark, the first counts. */
  once: z.string().optional(),
  at: z.number(),
  /** Counters that it adds to: `journey:<id>`, `journey:<id>:<node>`, `channel:sms`, `template:<id>`. */
  scopes: z.array(z.string()),
  /** Name of the counter: `sent`, `suppressed:daily-cap`, `entered`, `outcome:ordered` … */
  name: z.string(),
  /** How many of them; absent: one. */
  count: z.int().positive().optional(),
});
export type MetricEvent = z.infer<typeof MetricEventSchema>;

/** Body of a message on `metric-events`, which the queue may deliver again: of two with one id, the first counts. */
export const MetricEventsMessageSchema = z.object({ id: z.string(), metricEvents: z.array(MetricEventSchema) });
export type MetricEventsMessage = z.infer<typeof MetricEventsMessageSchema>;

export const runEnteredEvent = (run: { journey: string; at: EpochMs }): MetricEvent => ({
  at: run.at,
  scopes: [`journey:${run.journey}`],
  name: 'entered',
});

/** A run ends once, however its item was closed. */
export const runEndedEvent = (run: { entry: string; journey: string }, outcome: string, at: EpochMs): MetricEvent => ({
  once: `${run.entry}:ended`,
  at,
  scopes: [`journey:${run.journey}`],
  name: `outcome:${outcome}`,
});

/** A run moves through the nodes. In a loop it counts each time, but a split's way once per run, because it is always the same. */
export const wayEvents = (run: { entry: string; journey: string }, way: readonly Step[], at: EpochMs): MetricEvent[] =>
  way.flatMap(({ from, to, way: name }) => [
    ...(from === undefined ? [] : [{ at, scopes: [`journey:${run.journey}:${from}`], name: `left:${to}` }]),
    ...(from === undefined || name === undefined
      ? []
      : [
          {
            once: `${run.entry}:way:${from}`,
            at,
            scopes: [`journey:${run.journey}:${from}`],
            name: `way:${name}`,
          },
        ]),
    { at, scopes: [`journey:${run.journey}:${to}`], name: 'entered' },
  ]);

/** A run reached its goal, counted under the way of a split that it took: once, whichever came first. */
export const splitGoalEvent = (
  run: { entry: string; journey: string },
  { node, way }: { node: string; way: string },
  at: EpochMs,
): MetricEvent => ({
  once: `${run.entry}:goal:${node}`,
  at,
  scopes: [`journey:${run.journey}:${node}`],
  name: `goal:${way}`,
});

/** An exit, an archive or a merge has ended the run at its stop. If its last plan was committed, it has left the stop already. */
export const takenEvent = (
  { entry, journey, node, plan }: { entry: string; journey: string; node?: string; plan?: Pick<Plan, 'next'> },
  at: EpochMs,
): MetricEvent[] =>
  node === undefined || plan?.next.kind === 'end'
    ? []
    : [{ once: `${entry}:taken`, at, scopes: [`journey:${journey}:${node}`], name: 'taken' }];

/** Counted once per run, however often the event comes. */
export const goalReachedEvent = (journey: string, entry: string, at: EpochMs): MetricEvent => ({
  once: `${entry}:goal`,
  at,
  scopes: [`journey:${journey}`],
  name: 'goal',
});

export const entryRefusedEvent = (
  journey: string,
  event: { id: string; at: EpochMs },
  reason: string,
): MetricEvent => ({
  once: `${journey}:${event.id}:refused`,
  at: event.at,
  scopes: [`journey:${journey}`],
  name: `refused:${reason}`,
});

/** Data was accepted but could not be stored: counted once for each profile and subject. */
export const notKeptEvent = (profile: ProfileKey, { code, about, at }: Warning): MetricEvent => ({
  once: hashId('warning', profile, code, about),
  at,
  scopes: ['ingestion'],
  name: code,
});

type Counted = Pick<Message, 'source' | 'channel' | 'template'>;

export const messageMetricEvent = (message: Counted, name: string, at: EpochMs): MetricEvent => ({
  at,
  scopes: scopesOf(message),
  name,
});

function scopesOf({ source, channel, template }: Counted): string[] {
  const own = source.kind === 'journey' ? [`journey:${source.id}`, `journey:${source.id}:${source.node}`] : [];
  return [...own, ...(channel === undefined ? [] : [`channel:${channel}`]), `template:${template.id}`];
}
