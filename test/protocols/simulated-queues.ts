import type { Channel } from '../../core/channels/registry.ts';
import type { EventsMessage } from '../../core/events/event.ts';
import type { EpochMs } from '../../core/ids.ts';
import type { SendRequest } from '../../core/messages/send-request.ts';
import type { MetricEvent } from '../../core/metrics/metric-event.ts';
import type { Outgoing } from '../../engine/ports.ts';
import type { Invocation } from './faults.ts';
import type { SimulationState } from './simulation-state.ts';

/** A message on a queue, or other work that waits its turn like one. */
export interface Task {
  kind:
    | 'events'
    | 'enrolments'
    | 'due'
    | 'send'
    | 'webhooks'
    | 'dispatch-due'
    | 'failed'
    | 'stop-executions'
    | 'jobs'
    | 'campaigns'
    | 'api'
    | 'stalled';
  body: unknown;
  /** Of a sender's queue. */
  channel?: Channel | undefined;
  group?: string;
  readyAt: EpochMs;
  deliveries: number;
  underWay?: boolean;
}

/** SQS: for this long FIFO drops a known deduplication id. */
const DEDUP_MS = 5 * 60_000;
/** A standard queue's second delivery comes at the same time, or this much later. */
const LATE_MS = [0, 0, 0, 2_000, 90_000, 5 * 3600_000];

/** SQS, and what waits like a message: repeats and delays are drawn when a message is put. */
export class SimulatedQueues {
  tasks: Task[] = [];
  private readonly handed = new Map<string, EpochMs>();
  private readonly state: SimulationState;

  constructor(state: SimulationState) {
    this.state = state;
  }

  push(task: Omit<Task, 'deliveries'>): void {
    if (task.kind === 'events') this.state.carried.push(task.body as EventsMessage);
    this.tasks.push({ ...task, deliveries: 0 });
    if (task.group !== undefined || task.kind === 'api' || this.isCrowded(task)) return;
    if (this.state.faultRates.doubled) this.tasks.push({ ...task, deliveries: 0 });
    if (this.state.random() >= this.state.faultRates.redeliver) return;
    const late = LATE_MS[Math.floor(this.state.random() * LATE_MS.length)] ?? 0;
    this.tasks.push({ ...task, readyAt: task.readyAt + late, deliveries: 0 });
  }

  /** Messages that requeue themselves during a merge are not duplicated again, because each copy would multiply too. */
  isCrowded({ kind, body }: Pick<Task, 'kind' | 'body'>): boolean {
    const idOf = (sent: unknown) => (sent as SendRequest).message;
    return (
      kind === 'send' && this.tasks.filter((other) => other.kind === kind && idOf(other.body) === idOf(body)).length > 3
    );
  }

  /** A queue. FIFO drops a known deduplication id. */
  queue(kind: Task['kind'] | 'metric-events', invocation: Invocation, channel?: Channel) {
    return {
      send: async (messages: Outgoing[]): Promise<void> => {
        if (messages.length === 0) return;
        await invocation.call(async () => {
          for (const message of messages) this.put(kind, message, channel);
        }, true);
      },
    };
  }

  private request(body: SendRequest): void {
    this.state.requested.set(body.message, body);
    if (!this.state.requestedAt.has(body.message)) this.state.requestedAt.set(body.message, this.state.now);
  }

  private put(kind: Task['kind'] | 'metric-events', message: Outgoing, channel: Channel | undefined): void {
    if (kind === 'metric-events') {
      this.state.published.push(message.body as MetricEvent);
      return;
    }
    const id = message.dedup === undefined ? undefined : `${message.group}:${message.dedup}`;
    if (id !== undefined && this.state.now - (this.handed.get(id) ?? Number.NEGATIVE_INFINITY) < DEDUP_MS) return;
    if (id !== undefined) this.handed.set(id, this.state.now);
    if (kind === 'enrolments' && this.state.random() < (this.state.faultRates.lose ?? 0)) return;
    const body: unknown = JSON.parse(JSON.stringify(message.body));
    if (kind === 'send') this.request(body as SendRequest);
    const readyAt = this.state.now + (message.delaySeconds ?? 0) * 1000;
    this.push({ kind, body, channel, group: message.group, readyAt });
  }
}
