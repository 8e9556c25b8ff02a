import type { Channel } from '../../core/channels/registry.ts';
import type { EventsMessage } from '../../core/events/event.ts';
import type { SendRequest } from '../../core/messages/send-request.ts';
import type { DueMessage } from '../../core/profiles/due-message.ts';
import type { EnrolmentMessage, StopExecutionMessage } from '../../core/runs/run.ts';
import type { WebhookRequest } from '../../core/webhooks/webhook.ts';
import { handleCampaign } from '../../engine/campaigns/handle-message.ts';
import type { CampaignMessage } from '../../engine/campaigns/messages.ts';
import { type JobsMessage, runJob as workJob } from '../../engine/jobs/run-job.ts';
import { ingestionCounts } from '../../engine/profiles/ingestion-counts.ts';
import { processDueProfile } from '../../engine/profiles/process-due.ts';
import { processEvents } from '../../engine/profiles/process-events.ts';
import { call } from '../../engine/runs/call-webhook.ts';
import { parkLostRun } from '../../engine/runs/park-lost-run.ts';
import { startRun } from '../../engine/runs/start-run.ts';
import { stopExecution } from '../../engine/runs/stop-execution.ts';
import { dispatchDue } from '../../engine/schedule/dispatch-due.ts';
import type { Invocation } from './faults.ts';
import type { SimulatedApiCalls } from './simulated-api-calls.ts';
import { type SimulatedDependencies, silent } from './simulated-dependencies.ts';
import type { SimulatedExecutions } from './simulated-executions.ts';
import type { SimulatedInvocations } from './simulated-invocations.ts';
import type { SimulatedQueues, Task } from './simulated-queues.ts';
import type { ApiCall } from './simulation-options.ts';
import type { SimulationState } from './simulation-state.ts';

/** Most deliveries of one message: more means that no retry succeeds. */
const MAX_DELIVERIES = 60;
/** SQS: the visibility timeout. */
const HIDDEN_MS = 90_000;

interface Parts {
  queues: SimulatedQueues;
  invocations: SimulatedInvocations;
  executions: SimulatedExecutions;
  deps: SimulatedDependencies;
  api: SimulatedApiCalls;
  send: (invocation: Invocation, request: SendRequest, channel: Channel) => Promise<void>;
}

/** Delivers messages to the functions that consume them. */
export class SimulatedDeliveries {
  private readonly state: SimulationState;
  private readonly parts: Parts;

  constructor(state: SimulationState, parts: Parts) {
    this.state = state;
    this.parts = parts;
  }

  async deliver(task: Task): Promise<void> {
    task.deliveries += 1;
    if (task.deliveries > MAX_DELIVERIES) throw new Error(`${task.kind} never passes: ${JSON.stringify(task.body)}`);
    task.underWay = true;
    // A person's call would have been given up and repeated long before it could continue.
    const done = await this.parts.invocations.invoke((invocation) => this.work(invocation, task), task.kind !== 'api');
    task.underWay = false;
    // A message whose consumer died is delivered again at once, or after its visibility timeout.
    if (!done && (task.kind === 'campaigns' || this.state.random() < this.state.faultRates.hide))
      task.readyAt = this.state.now + HIDDEN_MS;
    // A `dispatch-due` that died is not repeated: the next one comes within a minute.
    const isOnce =
      task.kind === 'dispatch-due' ||
      task.kind === 'api' ||
      task.kind === 'stalled' ||
      this.parts.queues.isCrowded(task);
    const again = isOnce ? 0 : this.state.faultRates.redeliver;
    const over = done || task.kind === 'dispatch-due';
    // Delivered again although it was done: on FIFO before anything later of its group.
    if (over && this.state.random() >= again)
      this.parts.queues.tasks = this.parts.queues.tasks.filter((other) => other !== task);
  }

  /** What is counted arrives for certain: a death before it could only leave too few. */
  private async processEvents(invocation: Invocation, { body, group, deliveries }: Task): Promise<void> {
    const deps = this.parts.deps.profileDeps(invocation);
    const counts = ingestionCounts({
      addSums: (sums) => {
        for (const sum of sums) this.state.accepted += sum.counts.accepted ?? 0;
      },
    });
    const attributes = { MessageGroupId: group, ApproximateReceiveCount: String(deliveries) };
    await processEvents({ ...deps, counts }, body as EventsMessage, { attributes });
  }

  private work(invocation: Invocation, task: Task): Promise<void> {
    const body = task.body;
    switch (task.kind) {
      case 'events':
        return this.processEvents(invocation, task);
      case 'enrolments':
        return startRun(this.parts.deps.runDeps(invocation), body as EnrolmentMessage);
      case 'due':
        return processDueProfile(this.parts.deps.profileDeps(invocation), body as DueMessage);
      case 'send':
        return this.parts.send(invocation, body as SendRequest, task.channel ?? 'push');
      case 'webhooks':
        return call(
          {
            ...this.parts.deps.stores(invocation),
            events: this.parts.queues.queue('events', invocation),
            again: this.parts.queues.queue('webhooks', invocation),
            // The body says what the receiver answers.
            webhooks: {
              call: ({ id, body: sent }) =>
                invocation.call(async () => {
                  this.state.called.push(`${id} ${(body as WebhookRequest).attempt}`);
                  return { status: Number(sent.answer) };
                }),
            },
            clock: () => this.state.now,
          },
          body as WebhookRequest,
        );
      case 'dispatch-due':
        return dispatchDue({
          ...this.parts.deps.stores(invocation),
          due: this.parts.queues.queue('due', invocation),
          enrolments: this.parts.queues.queue('enrolments', invocation),
          wakeQueues: {
            opening: this.parts.queues.queue('jobs', invocation),
            campaign: this.parts.queues.queue('campaigns', invocation),
            'report-mail': this.parts.queues.queue('jobs', invocation),
          },
          clock: () => this.state.now,
          random: () => 0,
        });
      case 'failed':
        return parkLostRun(
          {
            ...this.parts.deps.stores(invocation),
            enrolments: this.parts.queues.queue('enrolments', invocation),
            clock: () => this.state.now,
            log: silent,
          },
          body as { detail: { name: string; status: string } },
        );
      case 'stop-executions':
        return stopExecution(
          {
            ...this.parts.deps.workDeps(invocation),
            executions: {
              stop: (_machine, entry, leg) =>
                invocation.call(async () => this.parts.executions.abort(`${entry}-${leg}`)),
            },
            machinePrefix: 'cairn',
          },
          body as StopExecutionMessage,
        );
      case 'jobs':
        return workJob(this.parts.deps.workDeps(invocation), body as JobsMessage);
      case 'campaigns':
        return handleCampaign(this.parts.deps.campaignDeps(invocation), body as CampaignMessage);
      case 'api':
        return this.parts.api.answer(invocation, body as Exclude<ApiCall, { redeem: string }>);
      case 'stalled':
        // `giveUp` put this body.
        return (body as () => Promise<void>)();
    }
  }
}
