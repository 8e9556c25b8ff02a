import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { alertList } from '../../../adapters/dynamo/alerts.ts';
import { auditLog } from '../../../adapters/dynamo/audit.ts';
import { catalogStore } from '../../../adapters/dynamo/catalog.ts';
import { cellStore } from '../../../adapters/dynamo/cells.ts';
import { cohortStore } from '../../../adapters/dynamo/cohorts.ts';
import { costStore } from '../../../adapters/dynamo/costs.ts';
import { couponStore } from '../../../adapters/dynamo/coupons.ts';
import { definitionStore } from '../../../adapters/dynamo/definitions.ts';
import { eventNames } from '../../../adapters/dynamo/event-names.ts';
import { idempotency } from '../../../adapters/dynamo/idempotency.ts';
import { jobStore } from '../../../adapters/dynamo/jobs.ts';
import { liveRules } from '../../../adapters/dynamo/live-rules.ts';
import { messageStore } from '../../../adapters/dynamo/messages.ts';
import { metricsStore } from '../../../adapters/dynamo/metrics.ts';
import { occurrenceStore } from '../../../adapters/dynamo/occurrences.ts';
import { pilotStore } from '../../../adapters/dynamo/pilots.ts';
import { profilePages } from '../../../adapters/dynamo/profile-pages.ts';
import { profileStore } from '../../../adapters/dynamo/profiles.ts';
import { reportSubscriptions } from '../../../adapters/dynamo/report-subscriptions.ts';
import { runStore } from '../../../adapters/dynamo/runs.ts';
import { secretStore } from '../../../adapters/dynamo/secrets.ts';
import { taskStore } from '../../../adapters/dynamo/tasks.ts';
import { wakeStore } from '../../../adapters/dynamo/wakes.ts';
import { webhookLog } from '../../../adapters/dynamo/webhook-log.ts';
import { writeKeys } from '../../../adapters/dynamo/write-keys.ts';
import { byChannel } from '../../../core/channels/registry.ts';
import { JobMessageSchema } from '../../../core/jobs/job.ts';
import { checkAndPlan } from '../../../engine/campaigns/check-campaign.ts';
import { tallyOf } from '../../../engine/campaigns/tally.ts';
import { DomainError } from '../../../engine/errors.ts';
import { runJob } from '../../../engine/jobs/run-job.ts';
import type { Outgoing } from '../../../engine/ports.ts';
import { runSimulation } from '../../../engine/simulation/run-simulation.ts';
import { openApiDocument } from '../../../lib/openapi/document.ts';
import { allRoutes, ROUTES } from '../../../lib/routes.ts';
import { systemSequence } from '../../../runtime/clock.ts';
import type { HttpEvent } from '../../../runtime/handlers/http-handler.ts';
import type { Parts } from '../../../runtime/http/dependencies.ts';
import { handleRequest } from '../../../runtime/http/handle-request.ts';
import { router } from '../../../runtime/http/router.ts';
import { signedCursors } from '../../../runtime/http/signed-cursors.ts';
import { logger } from '../../../runtime/log.ts';
import { problemResponse } from '../../../runtime/problem.ts';
import { noDeadLetters } from '../../protocols/dead-letters.ts';
import { noExports, noRecounts, noRemoval } from '../../protocols/recounts.ts';
import { TABLES } from '../../protocols/tables.ts';

export const NOW = Date.parse('2026-11-02T01:00:00.000Z');

const overWire = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value)) as Value;

export interface Answered {
  status: number;
  body: Record<string, unknown>;
  headers: Record<string, unknown>;
}
export interface Asked {
  as?: string;
  roles?: string;
  body?: unknown;
  /** Sent as it is. */
  raw?: string;
  headers?: Record<string, string>;
  /** No authorizer saw the request. */
  anonymous?: boolean;
}

/** The API over a DynamoDB stand-in; what it queues, creates and triggers is kept in lists. */
export function harness(client: DynamoDBDocumentClient) {
  const clock = { now: NOW };
  const sent: Record<string, Outgoing[]> = {};
  const created: { name: string; definition: unknown }[] = [];
  const triggered: unknown[] = [];
  const queue = (name: string) => ({
    send: async (messages: Outgoing[]) => {
      sent[name] = [...(sent[name] ?? []), ...messages];
    },
  });
  const now = () => clock.now;
  let random = 0;
  const silent = () => undefined;
  const deps: Parts = {
    definitions: definitionStore(client, TABLES.catalog),
    rules: liveRules(client, TABLES.catalog),
    catalog: catalogStore(client, { table: TABLES.catalog, pointerMaxAgeMs: 0, clock: now }),
    coupons: couponStore(client, TABLES.catalog),
    tasks: taskStore(client, TABLES.catalog),
    audit: auditLog(client, TABLES.catalog),
    alerts: alertList(client, TABLES.catalog),
    cohorts: cohortStore(client, TABLES.metrics),
    keys: writeKeys(client, { table: TABLES.catalog, maxAgeMs: 0, clock: now }),
    idempotency: idempotency(client, TABLES.catalog),
    machines: {
      create: async (name, definition) => {
        created.push({ name, definition });
      },
      remove: async () => {},
    },
    mjml: {
      compile: async (mjml) =>
        mjml.includes('<mj-wrong')
          ? { errors: [{ line: 3, message: 'no such element' }] }
          : { html: `<html>${mjml}</html>` },
    },
    deployed: { senders: ['Shop <news@shop.example>', 'offers@shop.example'], identities: ['help.example'] },
    profiles: profileStore(client, TABLES.profiles),
    profilePages: profilePages(client, TABLES.profiles),
    runs: runStore(client, TABLES.runs),
    pilots: pilotStore(client, TABLES.catalog),
    messages: messageStore(client, TABLES.messages),
    jobs: jobStore(client, TABLES.catalog),
    deadLetters: noDeadLetters,
    eventNames: eventNames(client, TABLES.catalog),
    secrets: secretStore(client, TABLES.catalog),
    webhookLog: webhookLog(client, TABLES.runs),
    metrics: metricsStore(client, TABLES.metrics),
    cells: cellStore(client, TABLES.metrics),
    costs: costStore(client, TABLES.catalog),
    subscriptions: reportSubscriptions(client, TABLES.catalog),
    sendsMails: true,
    facts: { ask: async () => [] },
    occurrences: occurrenceStore(client, TABLES.catalog),
    planCampaign: (id, campaign) => checkAndPlan(deps, id, campaign),
    // No test of routes freezes an audience.
    pages: { get: async () => undefined, getShared: async () => ({ duplicates: [], without: {} }) },
    wakes: wakeStore(client, TABLES.catalog),
    tally: tallyOf(
      metricsStore(client, TABLES.metrics),
      now,
      catalogStore(client, { table: TABLES.catalog, pointerMaxAgeMs: 0, clock: now }),
    ),
    depth: async () => 0,
    campaignStatus: async () => 'scheduled',
    metricEvents: { publish: async () => {} },
    queues: {
      events: queue('events'),
      jobs: queue('jobs'),
      campaigns: queue('campaigns'),
      send: byChannel(queue),
    },
    functions: {
      advanceRunArn: 'arn:aws:lambda:us-east-1:000000000000:function:cairn-advance-run',
      registerTaskTokenArn: 'arn:aws:lambda:us-east-1:000000000000:function:cairn-register-task-token',
      machinePrefix: 'cairn',
    },
    runSimulation: async (input) =>
      overWire(await runSimulation(overWire(input), { log: logger, sequence: systemSequence })),
    trigger: async (input) => {
      triggered.push(input);
      return { entered: true, run: 'a-run' };
    },
    openapi: async () => JSON.stringify(openApiDocument(allRoutes)),
    cursors: signedCursors(async () => 'a secret'),
    rolesClaim: 'cognito:groups',
    clock: now,
    sequence: () => 0,
    log: { debug: silent, info: silent, warn: silent, error: silent },
    random: (bytes) => {
      random += 1;
      return `r${String(random).padStart(bytes, '0')}`;
    },
  };
  const known = router<Parts>(Object.values(ROUTES).flat());

  async function call(method: string, path: string, asked: Asked = {}): Promise<Answered> {
    const [rawPath = '', search] = path.split('?');
    const event = {
      rawPath,
      headers: asked.headers ?? {},
      queryStringParameters: search === undefined ? undefined : Object.fromEntries(new URLSearchParams(search)),
      requestContext: {
        http: { method },
        ...(asked.anonymous
          ? {}
          : {
              authorizer: { jwt: { claims: { sub: asked.as ?? 'ann', 'cognito:groups': asked.roles ?? '[admin]' } } },
            }),
      },
      body: asked.raw ?? (asked.body === undefined ? undefined : JSON.stringify(asked.body)),
      isBase64Encoded: false,
    } as unknown as HttpEvent;
    const answer = await handleRequest(deps, known, event).catch((error: unknown) => {
      if (error instanceof DomainError) return problemResponse(error);
      throw error;
    });
    return {
      status: answer.statusCode ?? 0,
      body:
        answer.body === undefined
          ? {}
          : String(answer.headers?.['content-type'] ?? '').includes('json')
            ? (JSON.parse(answer.body) as Record<string, unknown>)
            : { text: answer.body },
      headers: answer.headers ?? {},
    };
  }

  /** Does what is on the queue of jobs. */
  async function workJobs(): Promise<void> {
    const jobs = {
      ...deps,
      events: queue('events'),
      due: queue('due'),
      enrolments: queue('enrolments'),
      stopExecutions: queue('stop-executions'),
      metricEvents: {
        publish: (metricEvents: object[]) => queue('metric-events').send(metricEvents.map((body) => ({ body }))),
      },
      senders: deps.queues.send,
      wakes: { done: async () => {} },
      recounting: noRecounts,
      removal: noRemoval,
      exporting: noExports,
      // No test of routes collects an audience.
      audience: {} as never,
      campaigns: queue('campaigns'),
      queue: queue('jobs'),
      pointerMaxAgeMs: 0,
    };
    for (let message = sent.jobs?.shift(); message !== undefined; message = sent.jobs?.shift())
      await runJob(jobs, JobMessageSchema.parse(message.body));
  }

  return { deps, clock, sent, created, triggered, call, workJobs };
}
