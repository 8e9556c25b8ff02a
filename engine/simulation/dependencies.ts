import type { Channel } from '../../core/channels/registry.ts';
import { TIME_CAME, TURNED_OFF, TURNED_ON } from '../../core/events/internal.ts';
import type { Recorder } from '../../core/simulation/recorder.ts';
import type { SimulatedCloud } from '../../statemachines/simulate/cloud.ts';
import type { ReleaseDeferredDeps } from '../jobs/release-deferred.ts';
import type { SenderDeps } from '../messages/deps.ts';
import type { LastLook, Provider } from '../messages/ports.ts';
import { recordClientFeedback } from '../messages/record-receipt.ts';
import type { Queue } from '../ports.ts';
import type { ProcessEventsDeps, Refusal } from '../profiles/deps.ts';
import type { StartRunDeps } from '../runs/deps.ts';
import type { StopExecutionDeps } from '../runs/stop-execution.ts';
import type { Wakes } from '../schedule/ports.ts';
import { simulatedCatalog } from './catalog.ts';
import type { SimulationContext } from './context.ts';
import { simulatedCoupons, simulatedTasks } from './coupons-and-tasks.ts';
import { simulatedExecutions } from './executions.ts';
import { type Messages, simulatedMessages } from './messages.ts';
import { type Profiles, simulatedProfiles } from './profiles.ts';
import type { simulatedQueues } from './queues.ts';
import { type Runs, simulatedRuns } from './runs.ts';

/** Base URL of links in messages: as long as a real one, and leading nowhere. */
const PUBLIC_URL = 'https://links.example.com';

export interface Parts {
  context: SimulationContext;
  cloud: SimulatedCloud;
  queues: ReturnType<typeof simulatedQueues>;
  recorder: Recorder;
  tables: SimulatedTables;
  /** Receives why the customer did not enter. */
  refusals: Refusal[];
}

export type SimulatedTables = ReturnType<typeof simulatedTables>;

export function simulatedTables({ stored, reads }: SimulationContext, recorder: Recorder) {
  return {
    customer: simulatedProfiles(stored, recorder),
    runs: simulatedRuns(reads.run, recorder),
    messages: simulatedMessages(recorder),
    tasks: simulatedTasks(recorder),
    coupons: simulatedCoupons(reads.coupons.undrawn, reads.coupons.redeemed),
  };
}

export type SimulatedDependencies = ReturnType<typeof simulatedDependencies>;

/** Dependencies of the functions that a simulation calls. */
export function simulatedDependencies({ context, cloud, queues, recorder, tables, refusals }: Parts) {
  const { customer, runs, messages, tasks, coupons } = tables;
  const shared = {
    ...queues,
    profiles: customer.profiles,
    runs: runs.store,
    catalog: simulatedCatalog(context),
    coupons,
    messages,
    tasks: tasks.store,
    metricEvents: { publish: async () => {} },
    wakes: simulatedWakes(cloud, queues.jobs),
    executions: simulatedExecutions(cloud, context.live),
    machinePrefix: '',
    clock: () => cloud.now,
    log: context.log,
  };
  const startRun: StartRunDeps = {
    ...shared,
    sequence: context.sequence,
    // A single run is never throttled, and the first of a pilot.
    throttles: { pass: async (_name, _perMinute, now) => now },
    pilots: { claim: async () => true },
    trace: (traced) => recorder.traced(traced),
  };
  const sender: Omit<SenderDeps, 'provider'> = {
    ...shared,
    lastLook: simulatedLastLook(customer.profiles, runs.store),
    breakers: { note: async () => {}, claim: async () => true },
    // A single message always has room.
    rates: { take: async () => true, returnToken() {}, lineUp: async () => cloud.now },
    secret: async () => 'simulated',
    publicUrl: PUBLIC_URL,
    newOwner: () => 'simulated',
    noteLatency: () => {},
  };
  const processEvents: ProcessEventsDeps = {
    ...shared,
    // The cloud finds due work to the millisecond, so nothing is queued.
    due: { send: async () => {} },
    isPermanentError: () => false,
    feedback: (event, profile) => recordClientFeedback(shared, event, profile),
    // Records only entries that Cairn's own events cause. `applyEvent` records those of the customer's events and of triggers.
    traceRefusal({ name }, reason) {
      if (name === TURNED_ON || name === TURNED_OFF || name === TIME_CAME) refusals.push(reason);
    },
  };
  const stopExecution: StopExecutionDeps = shared;
  const sendMessage = (channel: Channel): SenderDeps => ({
    ...sender,
    provider: simulatedProvider(channel, messages, recorder),
  });
  const releaseDeferred: ReleaseDeferredDeps = { ...shared, queue: queues.jobs };
  return {
    releaseDeferred,
    startRun,
    stopExecution,
    processEvents,
    sendMessage,
    registerTaskToken: shared,
    receipts: shared,
  };
}

/** Each is on its queue until its instant. */
function simulatedWakes(cloud: SimulatedCloud, jobs: Queue): Pick<Wakes, 'set' | 'done'> {
  const known = new Set<string>();
  return {
    async set({ id, at, body }) {
      if (known.has(id)) return;
      known.add(id);
      await jobs.send([{ body, delaySeconds: (at - cloud.now) / 1000 }]);
    },
    done: async () => {},
  };
}

const simulatedLastLook =
  (profiles: Profiles, runs: Runs): LastLook =>
  async ({ run, profile, addresses }) => ({
    run: run === undefined ? undefined : await runs.get(run),
    profile: profile === undefined ? undefined : await profiles.home(profile),
    // Nobody is merged, and no campaign sends.
    sends: {},
    records: await profiles.addressRecords(addresses),
  });

/** Every message is sent at once. */
const simulatedProvider = (channel: Channel, messages: Messages, recorder: Recorder): Provider => ({
  name: 'simulated',
  channel,
  async send({ message, content }) {
    const row = await messages.get(message);
    if (row !== undefined) recorder.handed(row, content);
    return { kind: 'sent', providerId: `simulated-${message}` };
  },
});
