import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { beforeEach, describe, expect, test } from 'vitest';
import { alertStore } from '../../../adapters/dynamo/alerts.ts';
import { auditLog } from '../../../adapters/dynamo/audit.ts';
import { catalogStore } from '../../../adapters/dynamo/catalog.ts';
import { cohortStore } from '../../../adapters/dynamo/cohorts.ts';
import { definitionStore } from '../../../adapters/dynamo/definitions.ts';
import { dueChecks } from '../../../adapters/dynamo/due-checks.ts';
import { liveRules } from '../../../adapters/dynamo/live-rules.ts';
import { metricsStore } from '../../../adapters/dynamo/metrics.ts';
import type { Alert } from '../../../core/alerts/alert.ts';
import { CampaignSchema } from '../../../core/campaigns/schema.ts';
import type { Head } from '../../../core/definitions/definition.ts';
import { SettingsSchema } from '../../../core/definitions/settings.ts';
import { JourneySchema } from '../../../core/journeys/schema.ts';
import { sumUp } from '../../../core/metrics/buckets.ts';
import type { MetricEvent } from '../../../core/metrics/metric-event.ts';
import { type CheckGuardrailsDeps, checkDue, checkScopes } from '../../../engine/guardrails/check-guardrails.ts';
import { listGuardrails } from '../../../engine/guardrails/list-guardrails.ts';
import { Invocation, Killed } from '../../protocols/faults.ts';
import { MemoryTables } from '../../protocols/memory.ts';
import { TABLES } from '../../protocols/tables.ts';

const NOW = Date.parse('2026-11-02T01:00:00Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const settings = SettingsSchema.parse({
  guardrails: [
    { metric: 'unsubscribe', scope: 'channel', over: 0.05, atLeast: 10, do: 'pause' },
    { metric: 'bounce', scope: 'campaign', over: 0.05, atLeast: 10, do: 'pause' },
    { metric: 'complaint', scope: 'node', over: 0.05, atLeast: 10, do: 'pause' },
    { metric: 'open', scope: 'node', under: 0.15, atLeast: 10, matureAfter: '24h', do: 'alert' },
  ],
});
const journey = JourneySchema.parse({
  name: 'Wake',
  entry: { event: 'Woken' },
  start: 'ask',
  nodes: { ask: { type: 'send', template: 't', channels: ['email'], next: 'done' }, done: { type: 'end' } },
});

const campaign = CampaignSchema.parse({ name: 'Spring', audience: { list: 'fair' }, template: 't', at: 'now' });
/** As the messages of a campaign's variant. */
const OF_CAMPAIGN = { campaign: 'spring', occurrence: 'o1', variant: 'a', version: 1, channel: 'email' } as const;

const HEAD: Head = { rev: 1, latest: 1, hash: '', status: 'published', published: 1, authors: [] };

let client: DynamoDBDocumentClient;
let now = NOW;
let published: Alert[] = [];
/** Rules and a journey; nothing was sent yet. */
async function begin(): Promise<void> {
  client = new MemoryTables().client;
  now = NOW;
  published = [];
  await liveRules(client, TABLES.catalog).change(NOW, async (live) => ({
    ...live,
    settings,
    journeys: [{ id: 'wake', version: 1, definition: journey, pins: { templates: {}, journeys: {} } }],
    campaigns: [{ id: 'spring', version: 1, definition: campaign, pins: { templates: {}, journeys: {} } }],
  }));
  await definitionStore(client, TABLES.catalog).commitHead('journeys', 'wake', undefined, HEAD);
  await definitionStore(client, TABLES.catalog).commitHead('campaigns', 'spring', undefined, HEAD);
}
beforeEach(begin);

const clock = () => now;
/** Everything over a client whose calls may die. */
function deps(over: DynamoDBDocumentClient = client, publish = async (alert: Alert) => void published.push(alert)) {
  const table = TABLES.catalog;
  return {
    catalog: catalogStore(over, { table, pointerMaxAgeMs: 0, clock }),
    cohorts: cohortStore(over, TABLES.metrics),
    checks: dueChecks(over, table, clock),
    alerts: alertStore(over, table),
    topic: { publish },
    rules: liveRules(over, table),
    definitions: definitionStore(over, table),
    audit: auditLog(over, table),
    metrics: metricsStore(over, TABLES.metrics),
    reportSilent: () => undefined,
    clock,
  } satisfies CheckGuardrailsDeps;
}

async function count(metric: string, times: number, more: Partial<MetricEvent> = {}): Promise<void> {
  const event: MetricEvent = {
    at: now,
    sentAt: NOW,
    of: 'message',
    metric,
    dimensions: { journey: 'wake', node: 'ask', channel: 'email' },
    ...more,
  };
  const sums = sumUp(
    Array.from({ length: times }, () => event),
    [],
    { guardrails: settings.guardrails },
  );
  for (const sum of sums) await metricsStore(client, TABLES.metrics).add(sum);
}

const listed = async () => (await deps().alerts.list({ limit: 50 })).items;
const pointer = async () => (await deps().catalog.snapshot()).pointer;
const audited = async () =>
  (await auditLog(client, TABLES.catalog).list({ from: 0, to: now + HOUR }, { limit: 50 })).items.filter(
    ({ actor }) => actor === 'guardrail',
  );

describe('a guardrail that is breached', () => {
  test('pauses its channel once, with an alert, an entry in the audit log and a message to the topic', async () => {
    await count('sent', 20);
    await count('unsubscribed', 2);
    await checkScopes(deps(), ['channel:email', 'channel:email']);
    await checkScopes(deps(), ['channel:email']);
    const [alert] = await listed();
    expect(alert).toMatchObject({ scope: 'channel', scopeId: 'email', value: 0.1, threshold: 0.05, did: 'paused' });
    expect((await pointer()).channels.email).toEqual({ since: NOW, reason: alert?.detail, alert: alert?.id });
    expect([(await listed()).length, published.length, (await audited()).length]).toEqual([1, 1, 1]);
  });

  test('pauses the journey of its node, in the rules and in its head', async () => {
    await count('sent', 20);
    await count('complained', 2);
    await checkScopes(deps(), ['journey:wake:ask']);
    expect((await pointer()).journeys.wake).toMatchObject({ alert: (await listed())[0]?.id });
    expect(await deps().definitions.head('journeys', 'wake')).toMatchObject({ rev: 2, paused: { since: NOW } });
    expect(await audited()).toMatchObject([{ kind: 'journeys', id: 'wake', action: 'pause' }]);
  });

  test('pauses its campaign, in the rules and in its head, whatever the occurrence', async () => {
    await count('sent', 10, { dimensions: OF_CAMPAIGN });
    await count('sent', 10, { dimensions: { ...OF_CAMPAIGN, occurrence: 'o2' } });
    await count('bounced', 2, { dimensions: OF_CAMPAIGN });
    await checkScopes(deps(), ['campaign:spring']);
    const [alert] = await listed();
    expect(alert).toMatchObject({ kind: 'guardrail', scope: 'campaign', scopeId: 'spring', value: 0.1, did: 'paused' });
    expect((await pointer()).campaigns?.spring).toMatchObject({ since: NOW, alert: alert?.id });
    expect((await pointer()).journeys).toEqual({});
    expect(await deps().definitions.head('campaigns', 'spring')).toMatchObject({ rev: 2, paused: { since: NOW } });
    expect(await audited()).toMatchObject([{ kind: 'campaigns', id: 'spring', action: 'pause' }]);
    // Resumed, it counts anew.
    await liveRules(client, TABLES.catalog).setPause({ campaign: 'spring' }, undefined);
    await checkScopes(deps(), ['campaign:spring']);
    expect((await pointer()).campaigns).toEqual({});
    const { items } = await listGuardrails(deps(), await deps().catalog.snapshot(), { limit: 50, from: 0, now });
    expect(items.filter(({ scope }) => scope.kind === 'campaign').map(({ scope }) => scope.name)).toEqual([
      'campaign:spring',
    ]);
  });

  test.each([
    ['channel:email', 'unsubscribed', {}],
    ['journey:wake:ask', 'complained', {}],
    ['campaign:spring', 'bounced', { dimensions: OF_CAMPAIGN }],
  ] as const)(
    'ends the same for %s, whichever call of the check dies',
    async (scope, metric, of) => {
      const kind = scope === 'campaign:spring' ? 'campaigns' : 'journeys';
      const id = kind === 'campaigns' ? 'spring' : 'wake';
      const ofKind = kind === 'campaigns' ? { campaign: 'spring' } : { journey: 'wake' };
      const owner = scope === 'channel:email' ? ({ channel: 'email' } as const) : ofKind;
      let [kills, generation] = [0, 0];
      for (let isDone = false; !isDone; kills += 1) {
        for (const carriedOut of [false, true]) {
          const more = { ...of, generations: { channel: generation, source: generation } };
          await count('sent', 20, more);
          await count(metric, 2, more);
          const dying = new Invocation({ kill: { at: kills + 1, carriedOut } });
          const publish = (alert: Alert) => dying.call(async () => void published.push(alert));
          isDone = await checkScopes(deps(dying.client(client), publish), [scope]).then(
            () => true,
            (error: unknown) => {
              if (!(error instanceof Killed)) throw error;
              return false;
            },
          );
          now += 2 * MINUTE;
          // What was sent meanwhile brings the rate below the bound: what was begun is finished all the same.
          const isBegun = (await listed()).length > generation;
          if (isBegun) await count('sent', 1000, { ...more, sentAt: now });
          await checkScopes(deps(), [scope]);
          await checkDue(deps());
          const [alert, ...older] = await listed();
          expect([alert?.did, alert?.publishedAt, older.length]).toEqual(['paused', expect.any(Number), generation]);
          const { channels, journeys, campaigns } = await pointer();
          expect((channels.email ?? journeys.wake ?? campaigns?.spring)?.alert).toBe(alert?.id);
          const head = await deps().definitions.head(kind, id);
          expect(head?.paused === undefined).toBe(scope === 'channel:email');
          expect(await audited()).toHaveLength(generation + 1);
          expect(new Set(published.map(({ id }) => id)).size).toBe(generation + 1);
          // A person resumes it.
          await liveRules(client, TABLES.catalog).setPause(owner, undefined);
          const { paused: _paused, ...resumed } = head ?? HEAD;
          await definitionStore(client, TABLES.catalog).commitHead(kind, id, resumed.rev, {
            ...resumed,
            rev: resumed.rev + 1,
          });
          generation += 1;
          now += MINUTE;
        }
      }
      expect(kills).toBeGreaterThan(10);
    },
    60_000,
  );

  test('only alerts where a person has paused already, or has resumed since the messages were sent', async () => {
    const sms = { channel: 'email' } as const;
    await liveRules(client, TABLES.catalog).setPause(sms, { since: NOW, reason: 'by hand' });
    await count('sent', 20);
    await count('unsubscribed', 2);
    await checkScopes(deps(), ['channel:email']);
    expect(await listed()).toMatchObject([{ did: 'alerted' }]);
    expect((await pointer()).channels.email).toEqual({ since: NOW, reason: 'by hand' });
    // A new generation, of which nothing was sent.
    await liveRules(client, TABLES.catalog).setPause(sms, undefined);
    await liveRules(client, TABLES.catalog).setPause(sms, undefined);
    expect((await pointer()).generations).toEqual({ 'channel:email': 1 });
    await checkScopes(deps(), ['channel:email']);
    expect((await pointer()).channels.email).toBeUndefined();
    expect(await liveRules(client, TABLES.catalog).pauseOnce(sms, { since: NOW, alert: 'stale' }, 0)).toBe(false);
    expect([(await listed()).length, (await audited()).length]).toEqual([1, 0]);
  });

  test('only alerts where its journey or campaign is live no longer', async () => {
    await count('sent', 20);
    await count('complained', 2);
    await count('sent', 20, { dimensions: OF_CAMPAIGN });
    await count('bounced', 2, { dimensions: OF_CAMPAIGN });
    await liveRules(client, TABLES.catalog).change(NOW, async (live) => ({ ...live, journeys: [], campaigns: [] }));
    await checkScopes(deps(), ['journey:wake:ask', 'campaign:spring']);
    expect((await listed()).map(({ did }) => did)).toEqual(['alerted', 'alerted']);
    const { journeys, campaigns } = await pointer();
    expect([journeys, campaigns ?? {}]).toEqual([{}, {}]);
  });

  test('is one of its own scope: a rule of channels says nothing of nodes', async () => {
    await liveRules(client, TABLES.catalog).change(NOW, async (live) => ({
      ...live,
      settings: SettingsSchema.parse({
        guardrails: [
          { metric: 'open', scope: 'channel', under: 0.15, atLeast: 10, do: 'alert' },
          { metric: 'complaint', scope: 'node', over: 0.05, atLeast: 10, do: 'pause' },
        ],
      }),
    }));
    await count('sent', 20);
    await checkScopes(deps(), ['journey:wake:ask']);
    expect(await listed()).toEqual([]);
    await checkScopes(deps(), ['channel:email']);
    expect(await listed()).toMatchObject([{ scope: 'channel', metric: 'open' }]);
  });

  test('is paused again by what is sent after a resume', async () => {
    for (const generation of [0, 1, 2]) {
      const more = generation === 0 ? {} : { generations: { channel: generation, source: 0 } };
      await count('sent', 20, more);
      await count('unsubscribed', 1, more);
      await checkScopes(deps(), ['channel:email']);
      expect((await pointer()).channels.email).toBeUndefined();
      await count('unsubscribed', 1, more);
      await checkScopes(deps(), ['channel:email']);
      expect((await pointer()).channels.email).toBeDefined();
      await liveRules(client, TABLES.catalog).setPause({ channel: 'email' }, undefined);
    }
    expect(await listed()).toHaveLength(3);
  });

  test('and only alerts is found at the instant at which its messages have matured, though nothing happens then', async () => {
    await count('sent', 20);
    await count('opened', 2, { interest: 'first' });
    await checkScopes(deps(), ['journey:wake:ask']);
    const due = () => deps().checks.due(NOW + 100 * HOUR, 10);
    expect(await due()).toEqual([{ scope: 'journey:wake:ask', at: NOW + 24 * HOUR }]);
    now = NOW + 24 * HOUR - 1;
    await checkDue(deps());
    expect(await listed()).toEqual([]);
    now += 1;
    await checkDue(deps());
    expect(await listed()).toMatchObject([{ metric: 'open', value: 0.1, did: 'alerted' }]);
    expect([await due(), (await pointer()).journeys]).toEqual([[], {}]);
    // Not again for the same messages; for others, when none of these counts any more.
    await checkScopes(deps(), ['journey:wake:ask']);
    expect(await listed()).toHaveLength(1);
    now = NOW + 72 * HOUR;
    await count('sent', 20, { sentAt: now - 24 * HOUR });
    await checkScopes(deps(), ['journey:wake:ask']);
    expect(await listed()).toHaveLength(2);
  });
});
