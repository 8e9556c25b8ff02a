import type { EpochMs } from '../../core/ids.ts';
import type { Recorder } from '../../core/simulation/recorder.ts';
import type { CouponStore } from '../definitions/ports.ts';
import type { ProfileDeps } from '../profiles/deps.ts';
import type { RunDeps } from '../runs/deps.ts';
import type { Task } from '../runs/ports.ts';

type Coupons = RunDeps['coupons'] & ProfileDeps['coupons'];

/** Simulated codes: the n-th of a pool is `<pool>-<n>`, as long as the real pool has codes left. */
export function simulatedCoupons(left: (pool: string) => Promise<number>, redeemed: CouponStore['redeemed']): Coupons {
  const drawn = new Map<string, { code: string; index: number; expiresAt?: EpochMs }>();
  const given = new Map<string, number>();
  const used = new Set<string>();
  return {
    async draw(pool, drawId, now, validForMs) {
      const earlier = drawn.get(drawId);
      if (earlier !== undefined) return earlier;
      const index = given.get(pool) ?? 0;
      if (index >= (await left(pool))) return undefined;
      given.set(pool, index + 1);
      const expires = validForMs === undefined ? {} : { expiresAt: now + validForMs };
      const code = { code: `${pool}-${index + 1}`, index, ...expires };
      drawn.set(drawId, code);
      return code;
    },
    async redeem(pool, code) {
      const isNew = !used.has(`${pool} ${code}`);
      used.add(`${pool} ${code}`);
      return isNew;
    },
    redeemed: async (pool, code) => used.has(`${pool} ${code}`) || (!isMadeUp(code, pool) && redeemed(pool, code)),
  };
}

const isMadeUp = (code: string, pool: string): boolean => code.startsWith(`${pool}-`);

/** Tasks in memory, and the newest one of each node. */
export function simulatedTasks(recorder: Recorder) {
  const tasks = new Map<string, Task>();
  return {
    store: {
      async create(task) {
        if (!tasks.has(task.id)) tasks.set(task.id, { ...task, status: 'open' });
      },
      async close(id, { reason, at }) {
        const task = tasks.get(id);
        if (task?.status !== 'open') return;
        tasks.set(id, { ...task, status: 'closed', reason, closedAt: at });
        const run = recorder.runs.get(task.source.run)?.run;
        recorder.add('task-closed', { ...(run === undefined ? {} : { run }), node: task.source.node, reason });
      },
    } satisfies RunDeps['tasks'],
    newestOf: (node: string): Task | undefined => [...tasks.values()].findLast(({ source }) => source.node === node),
    done(task: Task, outcome: string, at: EpochMs): void {
      tasks.set(task.id, { ...task, status: 'done', outcome, doneAt: at });
    },
  };
}
