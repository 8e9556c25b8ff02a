import { beforeEach, describe, expect, test } from 'vitest';
import { alertStore } from '../../../adapters/dynamo/alerts.ts';
import type { NewAlert } from '../../../core/alerts/alert.ts';
import type { Alerts } from '../../../engine/alerts/ports.ts';
import { MemoryTables } from '../../protocols/memory.ts';
import { TABLES } from '../../protocols/tables.ts';
import { harness, NOW } from './api-harness.ts';

const HOUR = 3600_000;
let api: ReturnType<typeof harness>;
let alerts: Alerts;
beforeEach(() => {
  const { client } = new MemoryTables();
  api = harness(client);
  alerts = alertStore(client, TABLES.catalog);
});

const alert = (id: string, at = NOW, more: Partial<NewAlert> = {}): NewAlert => ({
  id,
  at,
  kind: 'guardrail',
  scope: 'channel',
  scopeId: 'sms',
  metric: 'unsubscribe',
  value: 0.051,
  threshold: 0.05,
  did: 'paused',
  ...more,
});
const listed = async (query = '', roles = '[viewer]') =>
  (await api.call('GET', `/v1/alerts${query}`, { roles })).body as { items: { id: string }[]; next?: string };
const ids = async (query?: string) => (await listed(query)).items.map(({ id }) => id);

describe('alerts', () => {
  test('are listed newest first, page by page', async () => {
    for (const [index, id] of ['a', 'b', 'c'].entries()) await alerts.raise(alert(id, NOW + index));
    expect(await ids()).toEqual(['c', 'b', 'a']);
    const first = await listed('?limit=2');
    expect(first.items.map(({ id }) => id)).toEqual(['c', 'b']);
    expect(await ids(`?limit=2&cursor=${first.next}`)).toEqual(['a']);
    expect((await api.call('GET', `/v1/alerts?status=open&cursor=${first.next}`)).status).toBe(422);
    expect((await listed()).items[2]).toEqual({
      ...alert('a'),
      at: '2026-11-02T01:00:00.000Z',
      status: 'open',
    });
  });

  test('are acknowledged by a marketer, once, and stay listed', async () => {
    await alerts.raise(alert('a'));
    await alerts.raise(alert('b', NOW + 1));
    const asked = (as: string, roles: string) => api.call('POST', '/v1/alerts/a/acknowledge', { as, roles });
    expect((await asked('vic', '[viewer]')).status).toBe(403);
    expect(await asked('mia', '[marketer]')).toMatchObject({
      status: 200,
      body: {
        id: 'a',
        status: 'acknowledged',
        acknowledgedBy: 'mia',
        acknowledgedAt: '2026-11-02T01:00:00.000Z',
      },
    });
    expect((await asked('max', '[marketer]')).body.acknowledgedBy).toBe('mia');
    expect([await ids('?status=open'), await ids('?status=acknowledged')]).toEqual([['b'], ['a']]);
    expect((await api.call('POST', '/v1/alerts/nowhere/acknowledge')).status).toBe(404);
    expect((await api.call('GET', '/v1/alerts?status=closed')).body).toMatchObject({
      errors: [{ path: '/query/status' }],
    });
    const { body } = await api.call('GET', '/v1/audit');
    expect(body.items).toContainEqual(
      expect.objectContaining({ actor: 'mia', action: 'acknowledge', kind: 'alerts', id: 'a', outcome: 'done' }),
    );
  });

  test('are raised once for an id, with the instant of the first', async () => {
    await alerts.raise(alert('a'));
    await alerts.acknowledge('a', 'mia', NOW);
    expect(await alerts.raise(alert('a', NOW + HOUR))).toMatchObject({ id: 'a', at: NOW, status: 'acknowledged' });
    expect(await ids()).toEqual(['a']);
  });

  test('are raised anew where the last is older, each under an id of its own', async () => {
    await alerts.raise(alert('a'), HOUR);
    expect((await alerts.raise(alert('a', NOW + HOUR - 1), HOUR)).id).toBe('a');
    const second = await alerts.raise(alert('a', NOW + HOUR), HOUR);
    expect(second.id).not.toBe('a');
    expect((await alerts.raise(alert('a', NOW + HOUR + 1), HOUR)).id).toBe(second.id);
    expect(await ids()).toEqual([second.id, 'a']);
    for (const id of [second.id, 'a'])
      expect((await api.call('POST', `/v1/alerts/${id}/acknowledge`)).status).toBe(200);
    expect(await ids('?status=open')).toEqual([]);
  });

  test('are to be published until they are, and corrected where nothing was paused', async () => {
    await alerts.raise(alert('a'));
    await alerts.raise(alert('b', NOW + 1));
    const unpublished = async () => (await alerts.unpublished(NOW + HOUR, 10)).map(({ id }) => id);
    expect(await unpublished()).toEqual(['a', 'b']);
    await alerts.published('a', NOW);
    await alerts.raise(alert('a'));
    expect(await unpublished()).toEqual(['b']);
    await alerts.settle('b', 'alerted');
    expect(await alerts.get('b')).toMatchObject({ did: 'alerted' });
    expect(await alerts.get('nowhere')).toBeUndefined();
  });
});
