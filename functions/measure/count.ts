import type { Fact } from '../../core/messages/send-request.ts';
import type { Metrics } from '../shared/adapters/metrics.dynamo.ts';

export interface CountDeps {
  metrics: Pick<Metrics, 'add' | 'first'>;
}

/** Counts one fact in all of its scopes. The row or run that it tells of has decided that it is new; `once` guards what several may tell. */
export async function count(deps: CountDeps, fact: Fact): Promise<void> {
  if (fact.once !== undefined && !(await deps.metrics.first(fact.once, fact.at))) return;
  const day = new Date(fact.at).toISOString().slice(0, 10);
  for (const scope of fact.scopes) await deps.metrics.add(scope, day, { [fact.name]: 1 });
}
