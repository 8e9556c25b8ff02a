import type { LiveJourney, Pointer, Snapshot } from '../../core/catalog/snapshot.ts';
import { byChannel, type Channel } from '../../core/channels/registry.ts';
import type { Kind } from '../../core/definitions/definition.ts';
import type { EventsMessage } from '../../core/events/event.ts';
import { TIME_CAME, TURNED_OFF, TURNED_ON } from '../../core/events/internal.ts';
import { type EntryId, executionNameOf } from '../../core/ids.ts';
import { SendRequestSchema } from '../../core/messages/send-request.ts';
import type { RegisterTokenInput, Run, StepInput } from '../../core/runs/run.ts';
import { EnrolmentMessageSchema, StopExecutionMessageSchema } from '../../core/runs/run.ts';
import type { Recorder } from '../../core/simulation/recorder.ts';
import { WebhookRequestSchema, webhookAnswered } from '../../core/webhooks/webhook.ts';
import { compileMachine, type StateMachineDefinition } from '../../statemachines/compile.ts';
import { SimulatedCloud } from '../../statemachines/simulate/cloud.ts';
import type { CatalogStore, CouponStore } from '../definitions/ports.ts';
import type { SenderDeps } from '../messages/deps.ts';
import type { Provider } from '../messages/ports.ts';
import { type ReceiptDeps, recordClientFeedback } from '../messages/record-receipt.ts';
import { sendMessage } from '../messages/send-message.ts';
import type { Log, Outgoing, Sequence } from '../ports.ts';
import type { ProcessEventsDeps, Refusal } from '../profiles/deps.ts';
import { eventOut } from '../profiles/execute-effects.ts';
import { processDueProfile } from '../profiles/process-due.ts';
import { processEvents } from '../profiles/process-events.ts';
import { advanceRun } from '../runs/advance-run.ts';
import type { StartRunDeps } from '../runs/deps.ts';
import { type RegisterTokenDeps, registerTaskToken } from '../runs/register-task-token.ts';
import { startRun } from '../runs/start-run.ts';
import { type StopExecutionDeps, stopExecution } from '../runs/stop-execution.ts';
import { simulatedCoupons, simulatedTasks } from './coupons-and-tasks.ts';
import { simulatedMessages } from './messages.ts';
import { type Stored, simulatedProfiles } from './profiles.ts';
import { simulatedRuns } from './runs.ts';

/** Reads of a simulation from the real tables; it writes to none of them. */
export interface Reads {
  version: CatalogStore['version'];
  run: (entry: EntryId) => Promise<Run | undefined>;
  coupons: Pick<CouponStore, 'undrawn' | 'redeemed'>;
}

export interface SimulationContext {
  live: LiveJourney;
  /** Snapshot whose only journey is `live`. */
  snapshot: Snapshot;
  pointer: Pointer;
  stored: Stored;
  reads: Reads;
  log: Log;
  sequence: Sequence;
}

const STEP = 'arn:aws:lambda:us-east-1:000000000000:function:simulated-step';
const ARM = 'arn:aws:lambda:us-east-1:000000000000:function:simulated-arm';
/** Base URL of links in messages: as long as a real one, and leading nowhere. */
const PUBLIC_URL = 'https://links.example.com';

/** Runs the real functions of a journey over tables and queues in memory, with the compiled machine, on a virtual clock. */
export function simulatedFunctions(context: SimulationContext, start: number, record: (now: () => number) => Recorder) {
  const { live, pointer, snapshot, stored, reads, log, sequence } = context;
  const { key } = stored;
  const clock = (): number => cloud.now;
  const cloud = new SimulatedCloud(start, {
    // The machine was compiled with these two ARNs.
    invoke: (arn, payload) =>
      arn === STEP
        ? advanceRun(running, payload as StepInput)
        : registerTaskToken(arming, payload as RegisterTokenInput),
    nextDue,
    due: workDue,
  });
  const recorder = record(clock);
  const customer = simulatedProfiles(stored, recorder);
  const runs = simulatedRuns(reads.run, recorder);
  const messages = simulatedMessages(recorder);
  const tasks = simulatedTasks(recorder);
  const { profiles } = customer;
  const catalog: Pick<CatalogStore, 'snapshot' | 'version'> = {
    snapshot: async () => ({ snapshot, pointer }),
    version<K extends Kind>(kind: K, id: string, n: number): ReturnType<typeof reads.version<K>> {
      const isLive = kind === 'journeys' && id === live.id && n === live.version;
      // The kind is `journeys`; the compiler cannot infer it.
      return isLive
        ? (Promise.resolve(live) as unknown as ReturnType<typeof reads.version<K>>)
        : reads.version(kind, id, n);
    },
  };

  const queue = (work: (body: unknown) => Promise<void>) => ({
    async send(sent: Outgoing[]) {
      for (const { body, delaySeconds } of sent) cloud.queue(() => work(body), delaySeconds);
    },
  });
  // `eventOut` has written this body.
  const events = queue((body) => tag(body as EventsMessage));
  const enrolments = queue((body) => startRun(running, EnrolmentMessageSchema.parse(body)));
  // Every webhook succeeds at once.
  const webhooks = queue(async (body) => {
    const request = WebhookRequestSchema.parse(body);
    await events.send([eventOut(request.profile, webhookAnswered(request, { status: 200 }, clock()))]);
  });
  const sendBy = (channel: Channel) =>
    queue((body) => sendMessage({ ...sending, provider: providers[channel] }, SendRequestSchema.parse(body)));
  const senders = byChannel(sendBy);
  const provider = (channel: Channel): Provider => ({
    channel,
    async send({ message, content }) {
      const row = await messages.get(message);
      if (row !== undefined) recorder.handed(row, content);
      return { kind: 'sent', providerId: `simulated-${message}` };
    },
  });
  const providers = byChannel(provider);
  const refusals: Refusal[] = [];
  const machines = new Map<'first' | 'resume', StateMachineDefinition>();

  const shared = {
    profiles,
    runs: runs.store,
    catalog,
    coupons: simulatedCoupons(reads.coupons.undrawn, reads.coupons.redeemed),
    messages,
    events,
    senders,
    enrolments,
    webhooks,
    metricEvents: { publish: async () => {} },
    executions: {
      start: async (_machine, state) => {
        cloud.start(machineOf(state.leg > 1 ? 'resume' : 'first'), executionNameOf(state.entry, state.leg), state);
        return true;
      },
      stop: async (_machine, entry, leg) => cloud.stop(executionNameOf(entry, leg)),
      resolve: async (token) => cloud.resolve(token),
    } satisfies StartRunDeps['executions'] & RegisterTokenDeps['executions'] & StopExecutionDeps['executions'],
    clock,
    log,
  };
  const running: StartRunDeps = {
    ...shared,
    tasks: tasks.store,
    sequence,
    machinePrefix: '',
    // A single run is never throttled.
    throttles: { pass: async (_name, _perMinute, now) => now },
    trace: (traced) => recorder.traced(traced),
  };
  const arming: RegisterTokenDeps = shared;
  const stopping: StopExecutionDeps = { ...shared, tasks: tasks.store, machinePrefix: '' };
  const sending: Omit<SenderDeps, 'provider'> = {
    ...shared,
    secret: async () => 'simulated',
    publicUrl: PUBLIC_URL,
    newOwner: () => 'simulated',
  };
  const receiving: ReceiptDeps = shared;
  const tagging: ProcessEventsDeps = {
    ...shared,
    // `nextDue` finds due work to the millisecond, so nothing is queued.
    due: { send: async () => {} },
    stopExecutions: queue((body) => stopExecution(stopping, StopExecutionMessageSchema.parse(body))),
    isPermanent: () => false,
    feedback: (event, profile) => recordClientFeedback(receiving, event, profile),
    // Records only entries that Cairn's own events cause. `happen` records those of the customer's events and of triggers.
    traceRefusal({ name }, reason) {
      if (name === TURNED_ON || name === TURNED_OFF || name === TIME_CAME) refusals.push(reason);
    },
  };

  function machineOf(variant: 'first' | 'resume'): StateMachineDefinition {
    const { id, version, definition } = live;
    const known = machines.get(variant);
    const machine =
      known ?? compileMachine(definition, { id, version, variant, advanceRunArn: STEP, registerTaskTokenArn: ARM });
    machines.set(variant, machine);
    return machine;
  }

  async function tag(message: EventsMessage): Promise<void> {
    recorder.worked(message.events);
    await processEvents(tagging, message, { attributes: { MessageGroupId: key } });
    recorder.cause = undefined;
    tellRefusals();
  }

  /** Reports refusals after the commit, which shows the tag changes. */
  function tellRefusals(): void {
    for (const reason of refusals.splice(0)) recorder.add('refused', { reason });
  }

  function nextDue(): number | undefined {
    const [tags, run] = [customer.activity().dueAt, runs.nextDue()?.dueAt];
    return tags === undefined || run === undefined ? (tags ?? run) : Math.min(tags, run);
  }

  async function workDue(): Promise<void> {
    const { dueAt } = customer.activity();
    if (dueAt !== undefined && dueAt <= cloud.now) await processDueProfile(tagging, { profile: key, at: dueAt });
    tellRefusals();
    const run = runs.nextDue();
    if (run?.dueAt !== undefined && run.dueAt <= cloud.now)
      await startRun(running, { entry: run.entry, leg: run.leg + 1 });
  }

  return { cloud, recorder, customer, messages, tasks, tag, events, receiving, admitting: tagging };
}

export type SimulatedFunctions = ReturnType<typeof simulatedFunctions>;
