import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { beforeEach, describe, expect, test } from 'vitest';
import { alertStore } from '../../../adapters/dynamo/alerts.ts';
import { auditLog } from '../../../adapters/dynamo/audit.ts';
import { catalogStore } from '../../../adapters/dynamo/catalog.ts';
import { definitionStore } from '../../../adapters/dynamo/definitions.ts';
import { liveRules } from '../../../adapters/dynamo/live-rules.ts';
import type { Alert } from '../../../core/alerts/alert.ts';
import { type ChannelAlarm, type PauseByAlarmDeps, pauseByAlarm } from '../../../engine/guardrails/pause-by-alarm.ts';
import { Invocation, Killed } from '../../protocols/faults.ts';
import { MemoryTables } from '../../protocols/memory.ts';
import { TABLES } from '../../protocols/tables.ts';

const NOW = Date.parse('2026-11-02T01:00:00Z');
const MINUTE = 60_000;
const silent = () => undefined;

let client: DynamoDBDocumentClient;
let now: number;
let published: Alert[];
beforeEach(() => {
  client = new MemoryTables().client;
  now = NOW;
  published = [];
});

const clock = () => now;
function deps(over = client, publish = async (alert: Alert) => void published.push(alert)): PauseByAlarmDeps {
  const table = TABLES.catalog;
  return {
    catalog: catalogStore(over, { table, pointerMaxAgeMs: 0, clock }),
    alerts: alertStore(over, table),
    topic: { publish },
    rules: liveRules(over, table),
    definitions: definitionStore(over, table),
    audit: auditLog(over, table),
    clock,
    log: { debug: silent, info: silent, warn: silent, error: silent },
  };
}
const alarm = (at: number): ChannelAlarm => ({
  name: 'cairn-unsubscribes-sms-pause',
  channel: 'sms',
  at,
  share: 10.2,
  threshold: 10,
});
const paused = async () => (await deps().catalog.snapshot()).pointer.channels.sms;
const listed = async () => (await alertStore(client, TABLES.catalog).list({ limit: 50 })).items;
const audited = async () =>
  (await auditLog(client, TABLES.catalog).list({ from: 0, to: now + MINUTE }, { limit: 50 })).items;
const resume = () => liveRules(client, TABLES.catalog).setPause({ channel: 'sms' }, undefined, now);

describe('an alarm on a channel’s unsubscribes', () => {
  test('pauses the channel once, with an alert, an entry in the audit log and a message to the topic', async () => {
    await pauseByAlarm(deps(), alarm(NOW));
    await pauseByAlarm(deps(), alarm(NOW));
    const [alert] = await listed();
    expect(await paused()).toEqual({ since: NOW, reason: alert?.detail, alert: alert?.id });
    expect(alert).toMatchObject({ kind: 'guardrail', value: 0.102, threshold: 0.1, did: 'paused' });
    expect([(await listed()).length, published.length]).toEqual([1, 1]);
    expect(await audited()).toMatchObject([{ actor: 'alarm', action: 'pause', kind: 'channels', id: 'sms' }]);
  });

  test('leaves a pause as it is', async () => {
    const byHand = { since: NOW, reason: 'by hand', all: true };
    await liveRules(client, TABLES.catalog).setPause({ channel: 'sms' }, byHand);
    await pauseByAlarm(deps(), alarm(NOW));
    expect([await paused(), (await listed()).map(({ did }) => did)]).toEqual([byHand, ['alerted']]);
    expect(await audited()).toEqual([]);
  });

  test('has no effect if it comes again or late, after a resume; one that went off later has', async () => {
    await pauseByAlarm(deps(), alarm(NOW));
    now += MINUTE;
    await resume();
    await pauseByAlarm(deps(), alarm(NOW));
    await pauseByAlarm(deps(), alarm(NOW + MINUTE - 1));
    expect([await paused(), (await listed()).length]).toEqual([undefined, 1]);
    // Whoever resumed it at this very instant has not seen the alarm.
    await pauseByAlarm(deps(), alarm(NOW + MINUTE));
    expect([(await paused())?.since, (await listed()).length]).toEqual([now, 2]);
  });

  test('does not pause what was resumed between its reading and its pause', async () => {
    const { rules, ...others } = deps();
    await liveRules(client, TABLES.catalog).setPause({ channel: 'sms' }, { since: NOW });
    const pauseOnce: typeof rules.pauseOnce = async (...given) => {
      await resume();
      return rules.pauseOnce(...given);
    };
    await pauseByAlarm({ ...others, rules: { pauseOnce } }, alarm(NOW));
    expect([await paused(), (await listed()).map(({ did }) => did)]).toEqual([undefined, ['alerted']]);
  });

  test('ends the same, whichever call dies', async () => {
    let isDone = false;
    let [kills, times] = [0, 0];
    for (; !isDone; kills += 1)
      for (const carriedOut of [false, true]) {
        const dying = new Invocation({ kill: { at: kills + 1, carriedOut } });
        const publish = (alert: Alert) => dying.call(async () => void published.push(alert));
        const at = now;
        isDone = await pauseByAlarm(deps(dying.client(client), publish), alarm(at)).then(
          () => true,
          (error: unknown) => {
            if (!(error instanceof Killed)) throw error;
            return false;
          },
        );
        now += 1_000;
        await pauseByAlarm(deps(), alarm(at));
        times += 1;
        const [alert] = await listed();
        expect([alert?.did, (await listed()).length, (await audited()).length]).toEqual(['paused', times, times]);
        expect((await paused())?.alert).toBe(alert?.id);
        expect(new Set(published.map(({ id }) => id)).size).toBe(times);
        await resume();
        now += 1_000;
      }
    expect(kills).toBeGreaterThan(8);
  });
});
