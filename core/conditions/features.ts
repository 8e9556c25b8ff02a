import type { CairnEvent } from '../events/event.ts';
import type { EpochMs } from '../ids.ts';
import { memoizeByObject } from '../memoize.ts';
import type { FatigueRule } from './evaluation-context.ts';
import { type EventRequirement, type Row, requirementId, rowsOf } from './event-requirement.ts';
import { requirementsOf } from './event-requirements.ts';
import { MAX_ROWS, neededRows } from './rows.ts';
import type { Condition } from './schema.ts';

/** One requirement that is kept for every profile. */
export interface FeatureSpec extends EventRequirement {
  /** Stable hash of the rest. */
  id: string;
}

/**
 * Rows in columns: instants (ms; the first, then each one's distance from the one before), values (absent for counts; null where a
 * merged row has none), how many values each stands for (absent: one each).
 */
export type PackedRows = [times: number[], values?: (number | string | boolean | null)[] | null, counts?: number[]];

/** Spec id → the rows kept for it. Plain JSON. */
export type Features = Record<string, PackedRows>;

/** Most characters of the features in an `#ACTIVITY` item, which may have 32 KB. Beyond it, the longest features are merged further. */
const MAX_CHARACTERS = 24_000;

/**
 * Returns the features that must be kept to answer these conditions and the requirements in `others`, each once by id. `fatigue` is
 * `settings.fatigue`.
 */
export function featureSpecsOf(
  conditions: readonly Condition[],
  fatigue: readonly FatigueRule[] = [],
  others: readonly EventRequirement[] = [],
): FeatureSpec[] {
  const specs = new Map<string, FeatureSpec>();
  for (const requirement of [...conditions.flatMap((condition) => requirementsOf(condition, fatigue)), ...others]) {
    const id = requirementId(requirement);
    specs.set(id, { id, ...requirement });
  }
  return [...specs.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/**
 * Adds events to `features`; the caller removes repeats. Whatever the order and the batches in which events arrive, the result is the same while no
 * feature exceeds 256 rows.
 */
export function foldEvents(
  features: Features,
  specs: readonly FeatureSpec[],
  events: readonly CairnEvent[],
  now: EpochMs,
): Features {
  const byName = specsByEvent(specs);
  const fresh = new Map<FeatureSpec, Row[]>();
  for (const event of events) {
    for (const spec of byName.get(event.name ?? '') ?? []) {
      const rows = rowsOf(event, spec);
      if (rows.length > 0) fresh.set(spec, [...(fresh.get(spec) ?? []), ...rows]);
    }
  }
  if (fresh.size === 0) return features;
  const next = { ...features };
  for (const [spec, rows] of fresh) storeRows(next, spec, [...unpackRows(features[spec.id]), ...rows], now);
  return fitIntoItem(next, specs, now);
}

/** Merges the features of both profiles. Commutative. Features without a spec are dropped. */
export function mergeFeatures(a: Features, b: Features, specs: readonly FeatureSpec[], now: EpochMs): Features {
  const both: Features = {};
  for (const spec of specs) storeRows(both, spec, [...unpackRows(a[spec.id]), ...unpackRows(b[spec.id])], now);
  return fitIntoItem(both, specs, now);
}

function storeRows(
  features: Features,
  spec: FeatureSpec,
  rows: readonly Row[],
  now: EpochMs,
  maxRows: number = MAX_ROWS,
): void {
  const needed = neededRows(rows, spec, now, maxRows);
  if (needed.length === 0) delete features[spec.id];
  else features[spec.id] = packRows(needed);
}

const specsByEvent = memoizeByObject((specs: readonly FeatureSpec[]) => {
  const byName = new Map<string, FeatureSpec[]>();
  for (const spec of specs) {
    for (const name of new Set(spec.events)) byName.set(name, [...(byName.get(name) ?? []), spec]);
  }
  return byName;
});

/** Merges the longest features until all of them fit into the item. */
function fitIntoItem(features: Features, specs: readonly FeatureSpec[], now: EpochMs): Features {
  const sizes = new Map(Object.entries(features).map(([id, packed]) => [id, JSON.stringify(packed).length]));
  let total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  while (total > MAX_CHARACTERS) {
    const spec = specs.reduce((longest, one) =>
      (sizes.get(one.id) ?? 0) > (sizes.get(longest.id) ?? 0) ? one : longest,
    );
    const rows = unpackRows(features[spec.id]);
    if (rows.length < 2) return features;
    storeRows(features, spec, rows, now, rows.length >> 1);
    const size = JSON.stringify(features[spec.id] ?? []).length;
    total += size - (sizes.get(spec.id) ?? 0);
    sizes.set(spec.id, size);
  }
  return features;
}

function packRows(rows: readonly Row[]): PackedRows {
  const times = rows.map(({ at }, index) => at - (rows[index - 1]?.at ?? 0));
  const values = rows.some(({ value }) => value !== undefined) ? rows.map(({ value }) => value ?? null) : null;
  if (rows.some(({ n }) => n !== 1)) return [times, values, rows.map(({ n }) => n)];
  return values === null ? [times] : [times, values];
}

/** Inverse of packing, oldest first. */
export function unpackRows(packed: PackedRows | undefined): Row[] {
  if (packed === undefined) return [];
  const [times, values, counts] = packed;
  let at = 0;
  return times.map((distance, index) => {
    at += distance;
    const value = values?.[index];
    const n = counts?.[index] ?? 1;
    return value === null || value === undefined ? { at, n } : { at, n, value };
  });
}
