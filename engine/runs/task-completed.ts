import type { CairnEvent } from '../../core/events/event.ts';
import { TASK_COMPLETED } from '../../core/events/system-events.ts';
import { hashId } from '../../core/ids.ts';
import { sourceName } from '../../core/messages/source.ts';
import type { Task } from './ports.ts';

/** Returns the event about a completed task, for the profile's message group. */
export function taskCompleted(task: Task): CairnEvent {
  const at = task.doneAt ?? task.at;
  const source = sourceName(task.source);
  return {
    id: hashId('task-completed', task.id),
    type: 'track',
    name: TASK_COMPLETED,
    at,
    receivedAt: at,
    index: 0,
    properties: { taskId: task.id, outcome: task.outcome, queue: task.queue, source },
    key: 'cairn',
  };
}
