import type { Channel } from '../../core/channels.ts';
import type { Run, TidyMessage } from '../../core/runs/run.ts';
import { type Executions, machineName } from '../shared/adapters/executions.sfn.ts';
import type { MessageStore } from '../shared/adapters/messages.dynamo.ts';
import type { Queue } from '../shared/adapters/queue.sqs.ts';
import type { RunStore } from '../shared/adapters/runs.dynamo.ts';
import type { TaskStore } from '../shared/adapters/tasks.dynamo.ts';
import { closeTasks } from '../shared/runs/close-tasks.ts';

export interface TidyDeps {
  runs: Pick<RunStore, 'get'>;
  messages: Pick<MessageStore, 'getAll'>;
  senders: Record<Channel, Pick<Queue, 'send'>>;
  executions: Pick<Executions, 'stop'>;
  tasks: Pick<TaskStore, 'close'>;
  machinePrefix: string;
}

/**
 * Closes the tasks of a closed run, and stops its execution, which would rest on until its wait ends: `protocols.md`, B, tag 3. Messages of the run
 * that a pause still holds go to the gate first, which says that they were left.
 */
export async function tidy(deps: TidyDeps, { entry }: TidyMessage): Promise<void> {
  const run = await deps.runs.get(entry);
  if (run?.status !== 'closed') return;
  await closeTasks(deps, run);
  if (run.leg === 0) return;
  await judgeHeld(deps, run);
  await deps.executions.stop(machineName(deps.machinePrefix, run.journey, run.version, run.leg), entry, run.leg);
}

async function judgeHeld({ messages, senders }: TidyDeps, { visits }: Run): Promise<void> {
  const ids = Object.values(visits).flatMap(({ message }) => message ?? []);
  for (const { state, channel, request } of ids.length === 0 ? [] : (await messages.getAll(ids)).values()) {
    if (state !== 'held') continue;
    const by = channel ?? request.channels?.[0] ?? 'email';
    await senders[by].send([{ body: { ...request, released: true } }]);
  }
}
