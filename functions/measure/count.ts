import type { Fact, FactsMessage } from '../../core/measuring/fact.ts';
import type { Metrics } from '../shared/adapters/metrics.dynamo.ts';
import { inParallel } from '../shared/adapters/parallel.ts';

export interface CountDeps {
  metrics: Pick<Metrics, 'add' | 'first'>;
}

const MOST_ABREAST = 20;

/**
 * Counts a batch: each message once ever, by its mark; then one write for each scope and day, however many facts add to it.
 * A death between marks and writes leaves them uncounted until the recount; nothing is ever counted twice.
 */
export async function count(deps: CountDeps, messages: FactsMessage[]): Promise<void> {
  const faults: unknown[] = [];
  const isFirst = (mark: string, at: number) =>
    deps.metrics.first(mark, at).catch((error: unknown) => {
      faults.push(error);
      return false;
    });
  const facts = await inParallel(MOST_ABREAST, messages, async ({ id, facts: told }) => {
    const newest = Math.max(...told.map(({ at }) => at));
    if (!(await isFirst(id, newest))) return [];
    const isNew = await inParallel(MOST_ABREAST, told, async ({ once, at }) => once === undefined || isFirst(once, at));
    return told.filter((_, index) => isNew[index]);
  });
  const sums = sumUp(facts.flat());
  await inParallel(MOST_ABREAST, sums, ({ scope, day, counts }) => deps.metrics.add(scope, day, counts));
  // Those come again; the others bear their marks.
  if (faults.length > 0) throw new Error(`${faults.length} facts could not be marked`, { cause: faults[0] });
}

interface Sum {
  scope: string;
  /** UTC. */
  day: string;
  counts: Record<string, number>;
}

function sumUp(facts: Fact[]): Sum[] {
  const sums = new Map<string, Sum>();
  for (const { at, scopes, name } of facts) {
    const day = new Date(at).toISOString().slice(0, 10);
    for (const scope of scopes) {
      const sum = sums.get(`${day} ${scope}`) ?? { scope, day, counts: {} };
      sum.counts[name] = (sum.counts[name] ?? 0) + 1;
      sums.set(`${day} ${scope}`, sum);
    }
  }
  return [...sums.values()];
}
