import { alertStore } from '../../adapters/dynamo/alerts.ts';
import { breakerStore } from '../../adapters/dynamo/breakers.ts';
import { couponStore } from '../../adapters/dynamo/coupons.ts';
import { jobStore } from '../../adapters/dynamo/jobs.ts';
import { lastLook } from '../../adapters/dynamo/last-look.ts';
import { messageStore } from '../../adapters/dynamo/messages.ts';
import { isPermanentError } from '../../adapters/dynamo/permanent-errors.ts';
import { pilotStore } from '../../adapters/dynamo/pilots.ts';
import { profileStore } from '../../adapters/dynamo/profiles.ts';
import { rateStore } from '../../adapters/dynamo/rates.ts';
import { runStore } from '../../adapters/dynamo/runs.ts';
import { secretStore } from '../../adapters/dynamo/secrets.ts';
import { taskStore } from '../../adapters/dynamo/tasks.ts';
import { throttles } from '../../adapters/dynamo/throttle.ts';
import { wakeStore } from '../../adapters/dynamo/wakes.ts';
import { webhookLog } from '../../adapters/dynamo/webhook-log.ts';
import { webhookTries } from '../../adapters/dynamo/webhook-tries.ts';
import { byChannel } from '../../core/channels/registry.ts';
import type { CairnEvent } from '../../core/events/event.ts';
import type { MetricEvent } from '../../core/metrics/metric-event.ts';
import type { ExecutionState } from '../../core/runs/run.ts';
import { noDeadLetters } from './dead-letters.ts';
import type { Invocation } from './faults.ts';
import { noExports, noRecounts, noRemoval } from './recounts.ts';
import { campaignDeps } from './simulated-campaigns.ts';
import type { SimulatedExecutions } from './simulated-executions.ts';
import { POINTER_AGE_MS, type SimulatedInstances } from './simulated-instances.ts';
import type { SimulatedQueues } from './simulated-queues.ts';
import type { SimulationState } from './simulation-state.ts';
import { TABLES } from './tables.ts';

type Stores = ReturnType<SimulatedDependencies['newStores']>;

export const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** What each use case is given: the real adapters over the history's tables, and the history's queues and executions. */
export class SimulatedDependencies {
  private readonly storesOf = new WeakMap<Invocation, Stores>();
  private readonly state: SimulationState;
  private readonly queues: SimulatedQueues;
  private readonly catalogs: Pick<SimulatedInstances, 'catalog'>;
  private readonly executions: SimulatedExecutions;

  constructor(
    state: SimulationState,
    queues: SimulatedQueues,
    catalogs: Pick<SimulatedInstances, 'catalog'>,
    executions: SimulatedExecutions,
  ) {
    this.state = state;
    this.queues = queues;
    this.catalogs = catalogs;
    this.executions = executions;
  }

  stores(invocation: Invocation): Stores {
    const known = this.storesOf.get(invocation) ?? this.newStores(invocation);
    this.storesOf.set(invocation, known);
    return known;
  }

  private newStores(invocation: Invocation) {
    const client = invocation.client(this.state.tables.client);
    return {
      profiles: profileStore(client, TABLES.profiles),
      runs: runStore(client, TABLES.runs),
      lastLook: lastLook(client, { profiles: TABLES.profiles, runs: TABLES.runs }),
      messages: messageStore(client, TABLES.messages),
      rates: rateStore(client, TABLES.catalog),
      breakers: breakerStore(client, TABLES.catalog),
      alerts: alertStore(client, TABLES.catalog),
      coupons: couponStore(client, TABLES.catalog),
      throttles: throttles(client, TABLES.catalog),
      pilots: pilotStore(client, TABLES.catalog),
      tasks: taskStore(client, TABLES.catalog),
      tries: webhookTries(client, TABLES.runs),
      secrets: secretStore(client, TABLES.catalog),
      wakes: wakeStore(client, TABLES.catalog),
      log: webhookLog(client, TABLES.runs),
    };
  }

  profileDeps(invocation: Invocation) {
    return {
      ...this.stores(invocation),
      catalog: this.catalogs.catalog(invocation),
      executions: { resolve: (token: string) => invocation.call(async () => this.executions.resolve(token), true) },
      events: this.queues.queue('events', invocation),
      due: this.queues.queue('due', invocation),
      stopExecutions: this.queues.queue('stop-executions', invocation),
      enrolments: this.queues.queue('enrolments', invocation),
      metricEvents: this.metricEvents(invocation),
      isPermanentError,
      feedback: async (event: CairnEvent) => event,
      clock: () => this.state.now,
      log: silent,
    };
  }

  runDeps(invocation: Invocation) {
    return {
      ...this.stores(invocation),
      catalog: this.catalogs.catalog(invocation),
      senders: byChannel((channel) => this.queues.queue('send', invocation, channel)),
      enrolments: this.queues.queue('enrolments', invocation),
      events: this.queues.queue('events', invocation),
      webhooks: this.queues.queue('webhooks', invocation),
      metricEvents: this.metricEvents(invocation),
      clock: () => this.state.now,
      sequence: () => 0,
      log: silent,
      executions: {
        start: (machine: string, state: ExecutionState) =>
          invocation.call(async () => {
            if (this.state.random() < (this.state.faultRates.refuse ?? 0)) return false;
            this.executions.start(machine, state);
            return true;
          }, true),
      },
      machinePrefix: 'cairn',
      throttles: this.stores(invocation).throttles,
      pilots: this.stores(invocation).pilots,
    };
  }

  feedbackDeps(invocation: Invocation) {
    return {
      ...this.stores(invocation),
      catalog: this.catalogs.catalog(invocation),
      events: this.queues.queue('events', invocation),
      metricEvents: this.metricEvents(invocation),
      clock: () => this.state.now,
      log: silent,
    };
  }

  workDeps(invocation: Invocation) {
    return {
      jobs: jobStore(invocation.client(this.state.tables.client), TABLES.catalog),
      queue: this.queues.queue('jobs', invocation),
      pointerMaxAgeMs: POINTER_AGE_MS,
      ...this.stores(invocation),
      catalog: this.catalogs.catalog(invocation),
      senders: byChannel((channel) => this.queues.queue('send', invocation, channel)),
      deadLetters: noDeadLetters,
      recounting: noRecounts,
      removal: noRemoval,
      exporting: noExports,
      events: this.queues.queue('events', invocation),
      due: this.queues.queue('due', invocation),
      stopExecutions: this.queues.queue('stop-executions', invocation),
      enrolments: this.queues.queue('enrolments', invocation),
      metricEvents: this.metricEvents(invocation),
      audience: { ...this.stores(invocation), ...this.campaignDeps(invocation) },
      campaigns: this.queues.queue('campaigns', invocation),
      clock: () => this.state.now,
    };
  }

  campaignDeps(invocation: Invocation) {
    return campaignDeps(this.state, this.queues, this.catalogs, invocation);
  }

  private metricEvents(invocation: Invocation) {
    return {
      publish: (metricEvents: MetricEvent[]) =>
        this.queues.queue('metric-events', invocation).send(metricEvents.map((body) => ({ body }))),
    };
  }

  armDeps(invocation: Invocation) {
    const { profiles, runs } = this.stores(invocation);
    return {
      profiles,
      runs,
      catalog: this.catalogs.catalog(invocation),
      executions: { resolve: (token: string) => invocation.call(async () => this.executions.resolve(token), true) },
      clock: () => this.state.now,
    };
  }
}
