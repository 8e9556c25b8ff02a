import { emptySnapshot } from '../../../core/catalog/build-snapshot.ts';
import type { CheckView } from '../../../core/catalog/kind.ts';
import type { Channel } from '../../../core/channels/registry.ts';
import type { EvaluationContext } from '../../../core/conditions/evaluation-context.ts';
import { timelineSource } from '../../../core/conditions/event-source.ts';
import type { Kind } from '../../../core/definitions/definition.ts';
import type { CairnEvent } from '../../../core/events/event.ts';
import { entryIdOf } from '../../../core/ids.ts';
import { type Journey, JourneySchema } from '../../../core/journeys/schema.ts';
import { walk } from '../../../core/journeys/walk.ts';
import type { Walked, WalkPorts, WalkStart } from '../../../core/journeys/walk-ports.ts';
import type { Run } from '../../../core/runs/run.ts';
import type { Rule } from '../../../core/tags/rule.ts';

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
/** 09:00 on a Monday in Shanghai. */
export const NOW = Date.parse('2026-11-02T01:00:00Z');

type Nodes = Record<string, Record<string, unknown> & { type: string }>;

/** A journey of these nodes that begins at the first. */
export function journeyOf(nodes: Nodes, rest: Record<string, unknown> = {}): Journey {
  const [start] = Object.keys(nodes);
  return JourneySchema.parse({ name: 'Test', owner: 'growth', entry: { event: 'Signed Up' }, start, nodes, ...rest });
}

/** The issues of a definition that the schema refuses, as pointer and message. */
export function refused(definition: unknown): { path: string; message: string }[] {
  const parsed = JourneySchema.safeParse(definition);
  return (parsed.error?.issues ?? []).map(({ path, message, ...issue }) => {
    const unknown = issue.code === 'unrecognized_keys' ? issue.keys : [];
    return { path: `/${[...path, ...unknown].join('/')}`, message };
  });
}

export const DONE = { type: 'end' };

/** A run of profile `p` in journey `j`, entered by the event `entered`. */
export function runOf(rest: Partial<Run> = {}): Run {
  return {
    entry: entryIdOf('j', '', 'p', 'entered'),
    profile: 'p',
    journey: 'j',
    version: 1,
    key: '',
    at: NOW,
    data: {},
    status: 'open',
    leg: 1,
    step: 1,
    visits: {},
    ...rest,
  };
}

let count = 0;
export function eventOf(name: string, at: number, properties: Record<string, unknown> = {}, id?: string): CairnEvent {
  count += 1;
  return { id: id ?? `e${count}`, type: 'track', name, at, receivedAt: at, index: 0, properties, key: 'server' };
}

/** Nobody in Shanghai. */
export function evaluationContextOf(
  rest: Partial<EvaluationContext> & { traits?: Record<string, unknown> } = {},
): EvaluationContext {
  const { traits = {}, ...facts } = rest;
  return {
    now: NOW,
    timezone: 'Asia/Shanghai',
    trait: (name) => traits[name],
    tag: () => ({ is: false }),
    segment: () => ({ is: false }),
    events: timelineSource([]),
    ...facts,
  };
}

/** Walks a journey; ports return nothing unless overridden. */
export function walkFrom(
  journey: Journey,
  from: WalkStart = { kind: 'start' },
  rest: { run?: Run; at?: number; now?: number; ports?: Partial<WalkPorts> } = {},
): Promise<Walked> {
  const run = rest.run ?? runOf();
  const at = rest.at ?? run.at;
  return walk(
    {
      journey,
      id: 'j',
      version: 1,
      pins: { templates: {}, journeys: {} },
      run,
      from,
      n: run.step,
      at,
      now: rest.now ?? at,
    },
    {
      context: async () => evaluationContextOf(),
      draw: async () => undefined,
      render: async (text) => text,
      ...rest.ports,
    },
  );
}

/** Returns the view that a check gets of a catalog with these definitions. */
export function viewOf(
  there: Partial<Record<Exclude<Kind, 'templates' | 'settings'>, string[]>> & {
    templates?: Record<string, Channel[]>;
    /** Names of events that have come; absent: all of them. */
    events?: string[];
    secrets?: string[];
    /** Variables of coupons by the templates that need them. */
    coupons?: Record<string, string>;
    /** Tags with a rule. */
    rules?: string[];
  } = {},
): CheckView {
  const rules = (there.rules ?? []).map(
    (id): Rule => ({ kind: 'tag', id, version: 1, definition: { name: id, if: { trait: 'city', exists: true } } }),
  );
  return {
    has({ kind, id }) {
      if (kind === 'templates') return Object.hasOwn(there.templates ?? {}, id);
      return kind !== 'settings' && (there[kind] ?? []).includes(id);
    },
    channelsOf: (template) => there.templates?.[template],
    classOf: () => 'marketing',
    calendar: () => undefined,
    hasSecret: (id) => there.secrets?.includes(id) ?? false,
    newestJourney: (id) =>
      there.journeys?.includes(id) ? { version: 1, status: 'published', published: 1 } : undefined,
    hasArrived: (event) => there.events?.includes(event) ?? true,
    couponIn: (template) => there.coupons?.[template],
    templateWarnings: () => [],
    now: NOW,
    live: { ...emptySnapshot(), rules },
  };
}
