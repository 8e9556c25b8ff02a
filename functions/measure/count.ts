import type { Fact } from '../../core/measuring/fact.ts';
import type { Metrics } from '../shared/adapters/metrics.dynamo.ts';
import { inParallel } from '../shared/adapters/parallel.ts';

export interface CountDeps {
  metrics: Pick<Metrics, 'add' | 'first'>;
}

const MOST_ABREAST = 20;

/**
 * Counts a batch: each fact once ever, by its mark; then one write for each scope and day, however many facts add to it.
 * A death between marks and writes leaves them uncounted until the recount; nothing is ever counted twice.
 */
export async function count(deps: CountDeps, facts: Fact[]): Promise<void> {
  const faults: unknown[] = [];
  const isNew = await inParallel(MOST_ABREAST, facts, (fact) =>
    deps.metrics.first(fact.id, fact.at).catch((error: unknown) => {
      faults.push(error);
      return false;
    }),
  );
  const sums = new Map<string, { scope: string; day: string; counts: Record<string, number> }>();
  for (const { at, scopes, name } of facts.filter((_, index) => isNew[index])) {
    const day = new Date(at).toISOString().slice(0, 10);
    for (const scope of scopes) {
      const sum = sums.get(`${day} ${scope}`) ?? { scope, day, counts: {} };
      sum.counts[name] = (sum.counts[name] ?? 0) + 1;
      sums.set(`${day} ${scope}`, sum);
    }
  }
  await inParallel(MOST_ABREAST, [...sums.values()], ({ scope, day, counts }) => deps.metrics.add(scope, day, counts));
  // Those come again; the others bear their marks.
  if (faults.length > 0) throw new Error(`${faults.length} facts could not be marked`, { cause: faults[0] });
}
