import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { EpochMs } from '../../core/ids.ts';
import type { DueChecks } from '../../engine/guardrails/ports.ts';
import type { Clock } from '../../engine/ports.ts';
import { isConditionMet } from './conditional-write.ts';
import { expression } from './expressions.ts';
import { tableOf } from './table.ts';

const CHECKS = 'guardrails';

/** Checks of guardrails that time alone makes necessary: `guardrails` / `<scope>` {dueShard, dueAt}, in the index `due` of Catalog. */
export function dueChecks(client: DynamoDBDocumentClient, table: string, clock: Clock): DueChecks {
  const catalog = tableOf(client, table);
  /** Instants that this process has set, by scope: of one to come, the check is still due then or earlier. */
  const known = new Map<string, EpochMs>();
  const keyOf = (scope: string) => ({ pk: CHECKS, sk: scope });

  return {
    async set(scope: string, at: EpochMs): Promise<void> {
      const last = known.get(scope);
      if (last !== undefined && last <= at && last > clock()) return;
      // One that is overdue is being checked, and will be done: then only this one is left.
      const isNeeded = expression`attribute_not_exists(#dueAt) OR #dueAt > ${at} OR #dueAt <= ${clock()}`;
      const set = { dueShard: CHECKS, dueAt: at };
      if (await isConditionMet(catalog.update(keyOf(scope), { set, when: isNeeded }))) known.set(scope, at);
    },

    async due(now: EpochMs, limit: number): Promise<{ scope: string; at: EpochMs }[]> {
      const key = expression`#dueShard = ${CHECKS} AND #dueAt <= ${now}`;
      const { items } = await catalog.query(key, { index: 'due', limit });
      return items.map(({ sk, dueAt }) => ({ scope: String(sk), at: Number(dueAt) }));
    },

    async done(scope: string, seen: EpochMs, next: EpochMs | undefined): Promise<void> {
      const when = expression`#dueAt = ${seen}`;
      if (next === undefined) await isConditionMet(catalog.delete(keyOf(scope), when));
      else await isConditionMet(catalog.update(keyOf(scope), { set: { dueAt: next }, when }));
    },
  };
}
