import type { Pointer, Snapshot } from '../../core/catalog/snapshot.ts';
import { CHANNELS } from '../../core/channels/registry.ts';
import type { Guardrail } from '../../core/definitions/settings.ts';
import type { EpochMs } from '../../core/ids.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import { campaignScope, journeyScope } from '../../core/messages/source.ts';
import { channelsWith, type GuardScope, guardScopeOf } from '../../core/metrics/cohorts.ts';
import type { Measured } from '../../core/policies/guardrails.ts';
import type { Cohorts } from './ports.ts';
import { generationOf, readRules } from './read-rules.ts';

const CONCURRENCY = 8;

/** A rule, and what it says of one scope now. */
export interface Watched {
  rule: Guardrail;
  scope: GuardScope;
  measured: Measured;
}

interface Watch {
  rule: Guardrail;
  scope: GuardScope;
}

/** Every rule with each scope that it watches: from the `from`-th on. */
export async function listGuardrails(
  deps: { cohorts: Cohorts },
  { snapshot, pointer }: { snapshot: Snapshot; pointer: Pointer },
  { limit, from, now }: { limit: number; from: number; now: EpochMs },
): Promise<{ items: Watched[]; next?: number }> {
  const all = watchesOf(snapshot);
  const items = await mapWithConcurrency(CONCURRENCY, all.slice(from, from + limit), async ({ rule, scope }) => {
    const generation = generationOf(pointer, scope);
    const [reading] = await readRules(deps, { scope, generation, rules: [rule], now });
    return reading === undefined ? [] : [{ rule, scope, measured: reading.measured }];
  });
  return { items: items.flat(), ...(from + limit < all.length ? { next: from + limit } : {}) };
}

function watchesOf({ settings, journeys, campaigns = [] }: Snapshot): Watch[] {
  const scopes: Record<Guardrail['scope'], (rule: Guardrail) => string[]> = {
    channel: ({ metric }) =>
      CHANNELS.filter((one) => channelsWith(metric).includes(one)).map((one) => `channel:${one}`),
    journey: () => journeys.map(({ id }) => journeyScope(id)),
    node: () =>
      journeys.flatMap(({ id, definition }) =>
        Object.entries(definition.nodes).flatMap(([node, { type }]) =>
          type === 'send' ? [journeyScope(id, node)] : [],
        ),
      ),
    campaign: () => campaigns.map(({ id }) => campaignScope(id)),
  };
  return settings.guardrails.flatMap((rule) =>
    scopes[rule.scope](rule).flatMap((name) => {
      const scope = guardScopeOf(name);
      return scope === undefined ? [] : [{ rule, scope }];
    }),
  );
}
