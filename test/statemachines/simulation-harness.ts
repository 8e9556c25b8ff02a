import { readFileSync } from 'node:fs';
import { emptySnapshot, nextSnapshot } from '../../core/catalog/build-snapshot.ts';
import type { Pointer, Snapshot } from '../../core/catalog/snapshot.ts';
import { CouponPoolSchema } from '../../core/coupons/schema.ts';
import { profileKeyOfUser } from '../../core/ids.ts';
import { JourneySchema } from '../../core/journeys/schema.ts';
import { SimulationSchema } from '../../core/simulation/request.ts';
import { TagSchema } from '../../core/tags/schema.ts';
import { TemplateSchema } from '../../core/templates/schema.ts';
import { durationMs } from '../../core/time/duration.ts';
import { opened, payloadOf } from '../../engine/simulation/payload.ts';
import { runSimulation, type SimulationInput } from '../../engine/simulation/run-simulation.ts';
import { simulateJourney } from '../../engine/simulation/simulate-journey.ts';
import type { Deps } from '../../functions/simulation-api/dependencies.ts';
import { systemSequence } from '../../runtime/clock.ts';
import { logger } from '../../runtime/log.ts';

export const AT = Date.parse('2026-11-02T01:00:00.000Z');
/** An instant so long after the start, as answers show it. */
export const later = (duration: string): string => new Date(AT + durationMs(duration)).toISOString();

export const example = (kind: string, id: string): Record<string, unknown> =>
  JSON.parse(readFileSync(`examples/${kind}/${id}.json`, 'utf8')) as Record<string, unknown>;

interface Options {
  settings?: Partial<Snapshot['settings']>;
  /** Codes that are left in every pool. */
  codes?: number;
  pointer?: Partial<Pointer>;
  templates?: Record<string, unknown>;
  tags?: string[];
}

/** Dependencies that a simulation reads from, in memory. There is nothing that it could write to. */
function depsOf(id: string, definition: object, options: Options): Deps {
  const journey = JourneySchema.parse(definition);
  const nodes = Object.values(journey.nodes);
  const templates = nodes.flatMap((node) => (node.type === 'send' ? [node.template] : []));
  const pins = { templates: Object.fromEntries(templates.map((name) => [name, 1])), journeys: {} };
  const pools = nodes.flatMap((node) => (node.type === 'coupon' ? [node.pool] : []));
  const before = emptySnapshot();
  const changed: Snapshot = {
    ...before,
    settings: { ...before.settings, ...options.settings },
    rules: (options.tags ?? []).map((tag) => ({
      kind: 'tag',
      id: tag,
      version: 1,
      definition: TagSchema.parse(example('tags', tag)),
    })),
    pools: pools.map((pool) => {
      const read = CouponPoolSchema.parse(example('coupon-pools', pool));
      return {
        id: pool,
        redeemedBy: read.redeemedBy ?? [],
        ...(read.validFor ? { validForMs: durationMs(read.validFor) } : {}),
      };
    }),
  };
  const snapshot = nextSnapshot(before, changed) ?? changed;
  const pointer: Pointer = { version: 1, channels: {}, journeys: {}, ...options.pointer };
  const version = { definition: journey, pins, author: 'ann', at: AT, warnings: [] };
  const deps = {
    clock: () => AT,
    runSimulation: async (input: SimulationInput) =>
      overWire(await runSimulation(opened(payloadOf(input)), { log: logger, sequence: systemSequence })),
    definitions: {
      head: async (_kind: string, asked: string) =>
        asked === id ? { rev: 1, latest: 1, hash: '', status: 'published', published: 1, authors: [] } : undefined,
      version: async () => version,
    },
    catalog: {
      snapshot: async () => ({ snapshot, pointer }),
      version: async (_kind: string, name: string) => ({
        definition: TemplateSchema.parse(options.templates?.[name] ?? example('templates', name)),
      }),
    },
    runs: { get: async () => undefined },
    coupons: { undrawn: async () => options.codes ?? 10, redeemed: async () => false },
    profiles: {
      home: async () => ({
        key: profileKeyOfUser('nobody'),
        consents: {},
        consentFenced: false,
        settled: true,
        unfinishedMerges: [],
      }),
    },
  };
  return deps as unknown as Deps; // what a simulation asks for is all there
}

const overWire = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value)) as Value;

/** Somebody with a device and a number who consents to both. */
export const ann = (more: object = {}) => ({
  traits: { name: 'Lin', phone: '+8613800138000' },
  consent: { push: true, sms: true },
  ...more,
});

/** The answer of `POST /v1/journeys/{id}/simulate`. */
export function simulated(id: string, definition: object, body: object, options: Options = {}) {
  const asked = SimulationSchema.parse({ profile: ann(), ...body });
  return simulateJourney(depsOf(id, definition, options), id, asked, undefined);
}
