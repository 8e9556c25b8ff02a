import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { auditLog } from '../../adapters/dynamo/audit.ts';
import { definitionStore } from '../../adapters/dynamo/definitions.ts';
import { idempotency } from '../../adapters/dynamo/idempotency.ts';
import { jobStore } from '../../adapters/dynamo/jobs.ts';
import type { Pointer, Snapshot } from '../../core/catalog/snapshot.ts';
import { byChannel, type Channel } from '../../core/channels/registry.ts';
import type { Pause } from '../../core/definitions/pins.ts';
import type { EpochMs } from '../../core/ids.ts';
import { statusOfCampaign } from '../../engine/campaigns/status.ts';
import type { CatalogStore } from '../../engine/definitions/ports.ts';
import { DomainError } from '../../engine/errors.ts';
import type { Queue } from '../../engine/ports.ts';
import type { ProfileDeps } from '../../engine/profiles/deps.ts';
import { triggerRun } from '../../engine/profiles/trigger-run.ts';
import { routes as apiRoutes } from '../../functions/admin-api/routes/index.ts';
import { routes as campaignRoutes } from '../../functions/campaigns-api/routes/index.ts';
import { routes as lifecycleRoutes } from '../../functions/lifecycle-api/routes/index.ts';
import { routes as monitoringRoutes } from '../../functions/monitoring-api/routes/index.ts';
import { routes as peopleRoutes } from '../../functions/profiles-api/routes/index.ts';
import type { HttpEvent } from '../../runtime/handlers/http-handler.ts';
import type { Parts } from '../../runtime/http/dependencies.ts';
import { handleRequest } from '../../runtime/http/handle-request.ts';
import { router } from '../../runtime/http/router.ts';
import type { Invocation } from './faults.ts';
import type { Rules } from './rules.ts';
import { TABLES } from './tables.ts';

/** The API's functions as a history calls them: the real routes over the history's tables and queues, with the history's live rules. */
const routes = router<Parts>([
  ...apiRoutes,
  ...campaignRoutes,
  ...lifecycleRoutes,
  ...peopleRoutes,
  ...monitoringRoutes,
]);

export interface Request {
  path: string;
  body?: unknown;
  /** `Idempotency-Key`. */
  key?: string;
}

/** What the API works on of a simulation. */
export interface Simulated {
  readonly tables: { client: DynamoDBDocumentClient };
  readonly rules: Rules;
  readonly now: EpochMs;
  draws(): number;
  goLive(snapshot: Snapshot, pauses?: Partial<Pointer>): void;
  stores(invocation: Invocation): Pick<Parts, 'profiles' | 'runs' | 'messages' | 'coupons' | 'tasks'>;
  catalog(invocation: Invocation): Pick<CatalogStore, 'snapshot'>;
  campaignDeps(invocation: Invocation): Pick<Parts, 'occurrences' | 'wakes' | 'tally' | 'depth'>;
  queue(kind: 'events' | 'jobs' | 'send' | 'campaigns', invocation: Invocation, channel?: Channel): Queue;
  profileDeps(invocation: Invocation): ProfileDeps;
}

/** A POST by a caller with all roles; `problem`: why it was refused. */
export async function post(
  sim: Simulated,
  invocation: Invocation,
  { path, body, key }: Request,
): Promise<{ body?: unknown; problem?: DomainError }> {
  const event = {
    rawPath: path,
    body: body === undefined ? undefined : JSON.stringify(body),
    isBase64Encoded: false,
    headers: key === undefined ? {} : { 'idempotency-key': key },
    requestContext: {
      http: { method: 'POST', path },
      authorizer: { jwt: { claims: { sub: 'somebody', 'cognito:groups': '[admin]' }, scopes: null } },
    },
  };
  try {
    // The parts that the called routes use.
    const parts = path.startsWith('/v1/campaigns/') ? campaignParts(sim, invocation) : partsOf(sim, invocation);
    const answer = await handleRequest(parts, routes, event as unknown as HttpEvent);
    return { body: JSON.parse(answer.body ?? 'null') };
  } catch (error) {
    if (error instanceof DomainError) return { problem: error };
    throw error;
  }
}

function partsOf(sim: Simulated, invocation: Invocation): Parts {
  const client = invocation.client(sim.tables.client);
  const parts: Partial<Parts> = {
    ...sim.stores(invocation),
    metricEvents: sim.profileDeps(invocation).metricEvents,
    definitions: definitionStore(client, TABLES.catalog),
    jobs: jobStore(client, TABLES.catalog),
    idempotency: idempotency(client, TABLES.catalog),
    audit: auditLog(client, TABLES.catalog),
    catalog: sim.catalog(invocation) as unknown as Parts['catalog'],
    rules: rulesOf(sim, invocation),
    queues: {
      events: sim.queue('events', invocation),
      jobs: sim.queue('jobs', invocation),
      campaigns: sim.queue('campaigns', invocation),
      send: byChannel((channel) => sim.queue('send', invocation, channel)),
    },
    trigger: (input) => triggerRun(sim.profileDeps(invocation), input),
    rolesClaim: 'cognito:groups',
    log: { debug() {}, info() {}, warn() {}, error() {} },
    clock: () => sim.now,
    sequence: () => 0,
    random: () => String(sim.draws()),
  };
  return parts as Parts;
}

/** Functions of the API read the pointer at each call. */
function campaignParts(sim: Simulated, invocation: Invocation): Parts {
  const parts = partsOf(sim, invocation);
  const { occurrences, wakes, tally, depth } = sim.campaignDeps(invocation);
  const catalog = {
    ...parts.catalog,
    snapshot: () =>
      invocation.call(async () => ({ snapshot: sim.rules.snapshot, pointer: sim.rules.pointer }) as never, true),
  };
  const campaignStatus = (id: string) => statusOfCampaign({ occurrences, catalog, clock: parts.clock }, id);
  return { ...parts, catalog, occurrences, wakes, tally, depth, campaignStatus };
}

/** The catalog's own writes, each as one call. */
function rulesOf(sim: Simulated, invocation: Invocation): Parts['rules'] {
  const { rules } = sim;
  const port: Pick<Parts['rules'], 'cancel' | 'change' | 'read' | 'setPause' | 'continuePilots'> = {
    async change(_now, change) {
      const next = await change(rules.snapshot);
      if (next === undefined) return;
      await invocation.call(async () => sim.goLive({ ...next, version: rules.snapshot.version + 1 }), true);
    },
    async setPause(what, pause) {
      await invocation.call(async () => {
        const { channels, journeys, campaigns = {} } = rules.pointer;
        if ('channel' in what)
          sim.goLive(rules.snapshot, { channels: withPause(channels, what.channel, pause), journeys });
        else if ('journey' in what)
          sim.goLive(rules.snapshot, { channels, journeys: withPause(journeys, what.journey, pause) });
        else sim.goLive(rules.snapshot, { campaigns: withPause(campaigns, what.campaign, pause) });
      }, true);
    },
    // No journey of a history has a pilot.
    continuePilots: async () => {},
    read: () => invocation.call(async () => ({ snapshot: rules.snapshot, pointer: rules.pointer }), true),
    async cancel({ campaign, id }, until) {
      const cancelled = { ...rules.pointer.cancelled, [`${campaign}#${id}`]: until };
      await invocation.call(async () => sim.goLive(rules.snapshot, { cancelled }), true);
    },
  };
  return port as Parts['rules'];
}

function withPause<Pauses extends object>(pauses: Pauses, name: string, pause: Pause | undefined): Pauses {
  const { [name]: _was, ...others } = pauses as Record<string, Pause>;
  return (pause === undefined ? others : { ...others, [name]: pause }) as Pauses;
}

/** Defines the campaigns as published ones. */
export async function defineCampaigns(sim: Simulated): Promise<void> {
  const store = definitionStore(sim.tables.client, TABLES.catalog);
  for (const [id, { definition, pins }] of Object.entries(sim.rules.campaigns ?? {})) {
    await store.putVersion('campaigns', id, 1, { definition, author: 'ann', at: sim.now, warnings: [] });
    const head = { rev: 1, latest: 1, published: 1, status: 'published' as const, hash: '', authors: [], pins };
    await store.commitHead('campaigns', id, undefined, head);
  }
}

/** Defines the journeys that a history's calls name as published ones. */
export async function define(sim: Simulated, journeys: Iterable<string>): Promise<void> {
  const store = definitionStore(sim.tables.client, TABLES.catalog);
  for (const id of new Set(journeys)) {
    const definition = sim.rules.journeys[id]?.definition;
    if (definition === undefined) throw new Error(`there is no journey ${id}`);
    await store.putVersion('journeys', id, 1, { definition, author: 'ann', at: sim.now, warnings: [] });
    const head = { rev: 1, latest: 1, published: 1, status: 'published' as const, hash: '', authors: [] };
    await store.commitHead('journeys', id, undefined, head);
  }
}
