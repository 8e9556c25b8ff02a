import type { Channel } from '../../core/channels/registry.ts';
import type { EventsMessage } from '../../core/events/event.ts';
import type { ReleaseDeferred } from '../../core/messages/channel-opening.ts';
import type { SendRequest } from '../../core/messages/send-request.ts';
import type { EnrolmentMessage, RegisterTokenInput, StepInput, StopExecutionMessage } from '../../core/runs/run.ts';
import type { Recorder } from '../../core/simulation/recorder.ts';
import { type WebhookRequest, webhookAnswered } from '../../core/webhooks/webhook.ts';
import { SimulatedCloud } from '../../statemachines/simulate/cloud.ts';
import { releaseDeferred } from '../jobs/release-deferred.ts';
import { sendMessage } from '../messages/send-message.ts';
import type { Queue } from '../ports.ts';
import type { Refusal } from '../profiles/deps.ts';
import { eventOut } from '../profiles/outgoing.ts';
import { processDueProfile } from '../profiles/process-due.ts';
import { processEvents } from '../profiles/process-events.ts';
import { advanceRun } from '../runs/advance-run.ts';
import { registerTaskToken } from '../runs/register-task-token.ts';
import { startRun } from '../runs/start-run.ts';
import { stopExecution } from '../runs/stop-execution.ts';
import type { SimulationContext } from './context.ts';
import {
  type SimulatedDependencies,
  type SimulatedTables,
  simulatedDependencies,
  simulatedTables,
} from './dependencies.ts';
import { ADVANCE_RUN_ARN } from './executions.ts';
import { type Consumers, simulatedQueues } from './queues.ts';

/** Runs the real functions of a journey over tables and queues in memory, with the compiled machine, on a virtual clock. */
export class SimulatedFunctions implements Consumers {
  readonly cloud: SimulatedCloud;
  readonly recorder: Recorder;
  readonly tables: SimulatedTables;
  readonly events: Queue;
  readonly deps: SimulatedDependencies;
  readonly #profile: SimulationContext['stored']['key'];
  readonly #refusals: Refusal[] = [];

  constructor(context: SimulationContext, start: number, record: (now: () => number) => Recorder) {
    this.cloud = new SimulatedCloud(start, {
      // The machine was compiled with the ARNs of two functions.
      invoke: (arn, payload) =>
        arn === ADVANCE_RUN_ARN
          ? advanceRun(this.deps.startRun, payload as StepInput)
          : registerTaskToken(this.deps.registerTaskToken, payload as RegisterTokenInput),
      nextDue: () => this.#nextDue(),
      due: () => this.#processDue(),
    });
    this.recorder = record(() => this.cloud.now);
    this.tables = simulatedTables(context, this.recorder);
    const queues = simulatedQueues(this.cloud, this);
    this.events = queues.events;
    const { cloud, recorder, tables } = this;
    this.deps = simulatedDependencies({ context, cloud, queues, recorder, tables, refusals: this.#refusals });
    this.#profile = context.stored.key;
  }

  async processEvents(message: EventsMessage): Promise<void> {
    this.recorder.worked(message.events);
    await processEvents(this.deps.processEvents, message, { attributes: { MessageGroupId: this.#profile } });
    this.recorder.cause = undefined;
    this.#recordRefusals();
  }

  startRun(message: EnrolmentMessage): Promise<void> {
    return startRun(this.deps.startRun, message);
  }

  stopExecution(message: StopExecutionMessage): Promise<void> {
    return stopExecution(this.deps.stopExecution, message);
  }

  releaseDeferred(message: ReleaseDeferred): Promise<void> {
    return releaseDeferred(this.deps.releaseDeferred, message);
  }

  sendMessage(channel: Channel, request: SendRequest): Promise<void> {
    return sendMessage(this.deps.sendMessage(channel), request);
  }

  /** Every webhook succeeds at once. */
  callWebhook(request: WebhookRequest): Promise<void> {
    const answered = webhookAnswered(request, { status: 200 }, this.cloud.now);
    return this.events.send([eventOut(request.profile, answered)]);
  }

  /** Records refusals after the commit, which shows the tag changes. */
  #recordRefusals(): void {
    for (const reason of this.#refusals.splice(0)) this.recorder.add('refused', { reason });
  }

  #nextDue(): number | undefined {
    const { customer, runs } = this.tables;
    const [tags, run] = [customer.activity().dueAt, runs.nextDue()?.dueAt];
    return tags === undefined || run === undefined ? (tags ?? run) : Math.min(tags, run);
  }

  async #processDue(): Promise<void> {
    const { customer, runs } = this.tables;
    const { now } = this.cloud;
    const { dueAt } = customer.activity();
    if (dueAt !== undefined && dueAt <= now)
      await processDueProfile(this.deps.processEvents, { profile: this.#profile, at: dueAt });
    this.#recordRefusals();
    const run = runs.nextDue();
    if (run?.dueAt !== undefined && run.dueAt <= now) await this.startRun({ entry: run.entry, leg: run.leg + 1 });
  }
}
