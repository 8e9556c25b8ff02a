import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type CohortItem, cohortKey, daysKey, hourOf, minuteOf } from '../../core/metrics/cohorts.ts';
import type { Cohorts } from '../../engine/guardrails/ports.ts';
import { type Expression, expression } from './expressions.ts';
import type { Item } from './item.ts';
import { tableOf } from './table.ts';

/** The reading side of the cohorts that `record-metrics` counts: see `core/metrics/cohorts.ts`. */
export function cohortStore(client: DynamoDBDocumentClient, table: string): Cohorts {
  const metrics = tableOf(client, table);

  async function all(key: Expression): Promise<CohortItem[]> {
    const found: CohortItem[] = [];
    let after: Item | undefined;
    do {
      const { items, next } = await metrics.query(key, { consistent: true, after });
      // Only `Metrics.add` writes them.
      found.push(
        ...items.map(({ pk: _pk, sk, ttl: _ttl, ...counts }) => ({
          sk: String(sk),
          counts: counts as CohortItem['counts'],
        })),
      );
      after = next;
    } while (after !== undefined);
    return found;
  }

  return {
    hours: (scope, generation, from, to) =>
      all(
        expression`#pk = ${cohortKey(scope, generation)} AND #sk BETWEEN ${hourOf(from)} AND ${`${hourOf(minuteOf(to))}#~`}`,
      ),
    days: (scope, from, to) => all(expression`#pk = ${daysKey(scope)} AND #sk BETWEEN ${from} AND ${`${to}#~`}`),
  };
}
