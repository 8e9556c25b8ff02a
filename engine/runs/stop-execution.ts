import type { Channel } from '../../core/channels/registry.ts';
import { firstSender } from '../../core/messages/first-sender.ts';
import { isWaiting } from '../../core/messages/message.ts';
import { machineOfLeg } from '../../core/runs/machine-name.ts';
import type { Run, StopExecutionMessage } from '../../core/runs/run.ts';
import type { MessageStore } from '../messages/ports.ts';
import type { Queue } from '../ports.ts';
import { closeTasks } from './close-tasks.ts';
import type { Executions, RunStore, TaskStore } from './ports.ts';

export interface StopExecutionDeps {
  runs: Pick<RunStore, 'get'>;
  messages: Pick<MessageStore, 'getAll'>;
  senders: Record<Channel, Pick<Queue, 'send'>>;
  executions: Pick<Executions, 'stop'>;
  tasks: Pick<TaskStore, 'close'>;
  machinePrefix: string;
}

/**
 * Closes the tasks of a closed run, and stops its execution, or that of a leg that was left, which would rest on until its wait ends:
 * `docs/protocols.md#events-that-end-or-resolve-a-run`, 3. Messages of a closed run that are still held or deferred go to the gate first, which says that they were left.
 */
export async function stopExecution(
  deps: StopExecutionDeps,
  { entry, leg, version }: StopExecutionMessage,
): Promise<void> {
  const run = await deps.runs.get(entry);
  if (run === undefined) return;
  const isClosed = run.status === 'closed';
  const isLeft = leg !== undefined && (run.leg > leg || run.status === 'parked');
  if (isClosed) await closeTasks(deps, run);
  if (run.leg === 0 || (!isClosed && !isLeft)) return;
  if (isClosed) await evaluateWaiting(deps, run);
  const left = leg ?? run.leg;
  const machine = machineOfLeg(deps.machinePrefix, { ...run, version: version ?? run.version }, left);
  await deps.executions.stop(machine, entry, left);
}

async function evaluateWaiting({ messages, senders }: StopExecutionDeps, { visits }: Run): Promise<void> {
  const ids = Object.values(visits).flatMap(({ message }) => message ?? []);
  for (const message of ids.length === 0 ? [] : (await messages.getAll(ids)).values()) {
    if (!isWaiting(message)) continue;
    const { channel, request } = message;
    await senders[firstSender(request, channel)].send([{ body: { ...request, released: true } }]);
  }
}
