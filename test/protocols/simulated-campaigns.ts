import { auditLog } from '../../adapters/dynamo/audit.ts';
import { jobStore } from '../../adapters/dynamo/jobs.ts';
import { occurrenceStore } from '../../adapters/dynamo/occurrences.ts';
import { wakeStore } from '../../adapters/dynamo/wakes.ts';
import type { AudienceLine } from '../../core/campaigns/audience-line.ts';
import { byChannel } from '../../core/channels/registry.ts';
import type { SendRequest } from '../../core/messages/send-request.ts';
import { sumUp } from '../../core/metrics/buckets.ts';
import type { MetricEvent } from '../../core/metrics/metric-event.ts';
import type { AudiencePage, AudiencePages, OccurrenceRef, Shared } from '../../engine/campaigns/ports.ts';
import { tallyOf } from '../../engine/campaigns/tally.ts';
import type { LiveRules } from '../../engine/definitions/ports.ts';
import type { Invocation } from './faults.ts';
import type { SimulatedInstances } from './simulated-instances.ts';
import type { SimulatedQueues } from './simulated-queues.ts';
import type { SimulationState } from './simulation-state.ts';
import { TABLES } from './tables.ts';

export const pageKey = ({ campaign, id }: OccurrenceRef, page: string): string => `${campaign}/${id}/pages/${page}`;
export const sharedKey = ({ campaign, id }: OccurrenceRef): string => `${campaign}/${id}/shared`;

/** The bucket of frozen audiences. */
function pagesOf({ objects }: SimulationState, invocation: Invocation): AudiencePages {
  const get = (key: string) => invocation.call(async () => objects.get(key), true);
  const put = (key: string, body: unknown) =>
    invocation.call(async () => void objects.set(key, JSON.stringify(body)), true);
  return {
    async put(of, name, page): Promise<AudiencePage> {
      const key = pageKey(of, name);
      await invocation.call(async () => {
        if (!objects.has(key)) objects.set(key, JSON.stringify(page));
      }, true);
      return JSON.parse((await get(key)) ?? '');
    },
    async get(of, name): Promise<AudienceLine[] | undefined> {
      const text = await get(pageKey(of, name));
      return text === undefined ? undefined : (JSON.parse(text) as AudiencePage).lines;
    },
    putShared: (of, shared) => put(sharedKey(of), shared),
    getShared: async (of): Promise<Shared> =>
      JSON.parse((await get(sharedKey(of))) ?? '{"duplicates":[],"without":{}}'),
  };
}

/** Counters as `record-metrics` keeps them: of events with one mark the first counts, and what SQS was sent again by its SDK counts once. */
export class SimulatedCounters {
  private readonly sums = new Map<string, Map<string, Record<string, number>>>();
  private readonly marks = new Set<string | MetricEvent>();
  private counted = 0;
  private readonly published: readonly MetricEvent[];

  constructor(published: readonly MetricEvent[]) {
    this.published = published;
  }

  async read(scope: string, from: string, to: string) {
    const fresh = this.published.slice(this.counted).filter((event) => {
      const { once = event } = event;
      const isNew = !this.marks.has(once);
      this.marks.add(once);
      return isNew;
    });
    this.counted = this.published.length;
    for (const sum of sumUp(fresh)) {
      const days = this.sums.get(sum.scope) ?? new Map<string, Record<string, number>>();
      this.sums.set(sum.scope, days);
      const counts = days.get(sum.day) ?? {};
      days.set(sum.day, counts);
      for (const [name, count] of Object.entries(sum.counts)) counts[name] = (counts[name] ?? 0) + count;
    }
    return [...(this.sums.get(scope) ?? [])]
      .filter(([day]) => day >= from && day <= to)
      .map(([day, counts]) => ({ day, counts }));
  }
}

const countersOf = new WeakMap<SimulationState, SimulatedCounters>();
export function counters(state: SimulationState): SimulatedCounters {
  const known = countersOf.get(state) ?? new SimulatedCounters(state.published);
  countersOf.set(state, known);
  return known;
}

/** What `run-campaign` is given, and what the API and jobs have of it. */
export function campaignDeps(
  state: SimulationState,
  queues: SimulatedQueues,
  catalogs: Pick<SimulatedInstances, 'catalog'>,
  invocation: Invocation,
) {
  const client = invocation.client(state.tables.client);
  const read: LiveRules['read'] = () =>
    invocation.call(async () => ({ snapshot: state.rules.snapshot, pointer: state.rules.pointer }), true);
  const waiting = (channel: string | undefined, body: unknown) =>
    channel !== undefined && (body as SendRequest).priority === 'bulk';
  return {
    occurrences: occurrenceStore(client, TABLES.catalog),
    jobs: jobStore(client, TABLES.catalog),
    rules: { read } as LiveRules,
    wakes: wakeStore(client, TABLES.catalog),
    // No campaign of a history has a budget.
    acting: {} as never,
    audit: auditLog(client, TABLES.catalog),
    catalog: catalogs.catalog(invocation),
    pages: pagesOf(state, invocation),
    tally: tallyOf(
      { read: (...asked) => counters(state).read(...asked) },
      () => state.now,
      catalogs.catalog(invocation),
    ),
    bulk: byChannel((channel) => queues.queue('send', invocation, channel)),
    depth: () =>
      invocation.call(
        async () => queues.tasks.filter(({ kind, channel, body }) => kind === 'send' && waiting(channel, body)).length,
      ),
    queues: { jobs: queues.queue('jobs', invocation), campaigns: queues.queue('campaigns', invocation) },
    clock: () => state.now,
  };
}
