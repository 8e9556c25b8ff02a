import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type Alert, AlertSchema, type NewAlert } from '../../core/alerts/alert.ts';
import { type EpochMs, hashId } from '../../core/ids.ts';
import { CONFLICT, retryOnConflict } from '../../core/retry-on-conflict.ts';
import type { Alerts } from '../../engine/alerts/ports.ts';
import { isConditionMet } from './conditional-write.ts';
import { allOf, expression, NOT_THERE } from './expressions.ts';
import type { Item, Key } from './item.ts';
import { type Table, tableOf } from './table.ts';

const TTL_SECONDS = 400 * 24 * 3600;
const LIST = 'alerts';
const UNPUBLISHED = 'alerts-unpublished';
/** Partition of the index `due` of Catalog. */
const DUE = 'alerts';
/** Who raises an alert publishes it within this time; from then on, others do. */
const OWN_MS = 60_000;

/**
 * Alerts: `alert#<id>` / `AT` {first: its own instant; at, current: instant and id of the newest that was raised under it}; `alerts` /
 * `<instant>#<id>`: the alert; and `alerts-unpublished` under the same key until it is published, in the index `due`. Whoever raises an alert again
 * completes what an earlier try has left undone.
 */
export function alertStore(client: DynamoDBDocumentClient, table: string): Alerts {
  const alerts = tableOf(client, table);
  return {
    ...raising(alerts),
    ...reading(alerts),
    ...listing(alerts),
    ...acknowledging(alerts),
    ...publishing(alerts),
  };
}

/** For whoever only raises alerts: what publishes alerts sees them a minute later. */
export const alertRaising = (client: DynamoDBDocumentClient, table: string): Pick<Alerts, 'raise'> =>
  raising(tableOf(client, table));

/** For people, who list alerts and acknowledge them; whoever raises them needs `alertStore`. */
export function alertList(client: DynamoDBDocumentClient, table: string): Pick<Alerts, 'list' | 'acknowledge'> {
  const alerts = tableOf(client, table);
  return { ...listing(alerts), ...acknowledging(alerts) };
}

const raising = (alerts: Table): Pick<Alerts, 'raise'> => ({
  async raise(alert: NewAlert, againAfterMs?: number): Promise<Alert> {
    const { at, id } = await newest(alerts, alert, againAfterMs);
    const key = keyOf(at, id);
    const there = await alerts.get(key);
    if (there !== undefined) return alertOf(there);
    const raised: Alert = { ...alert, at, id, status: 'open' };
    const ttl = ttlOf(at);
    // First: an alert that is listed is published.
    await alerts.put({ pk: UNPUBLISHED, sk: key.sk, dueShard: DUE, dueAt: at + OWN_MS, ttl });
    if (await isConditionMet(alerts.put({ ...key, ...raised, ttl }, NOT_THERE))) return raised;
    return alertOf((await alerts.get(key)) ?? raised);
  },
});

/** Claims the instant of an alert; undefined `againAfterMs`: once ever. */
const newest = (
  alerts: Table,
  { id, at }: NewAlert,
  againAfterMs: number | undefined,
): Promise<{ id: string; at: EpochMs }> =>
  retryOnConflict(
    async () => {
      const seen = await alerts.get(pointerOf(id));
      if (seen === undefined)
        return (await isConditionMet(alerts.put(pointer(id, at), NOT_THERE))) ? { id, at } : CONFLICT;
      const last = { id: String(seen.current), at: Number(seen.at) };
      if (againAfterMs === undefined || last.at > at - againAfterMs) return last;
      const next = { id: hashId('alert', id, at), at };
      // First: an alert that is listed is found by its id.
      await alerts.put(pointer(next.id, at));
      const change = { set: { at, current: next.id, ttl: ttlOf(at) }, when: expression`#at = ${last.at}` };
      return (await isConditionMet(alerts.update(pointerOf(id), change))) ? next : CONFLICT;
    },
    () => new Error(`alert ${id} is raised too often at once`),
  );

const reading = (alerts: Table): Pick<Alerts, 'get' | 'unpublished'> => ({
  async get(id: string): Promise<Alert | undefined> {
    const key = await placeOf(alerts, id);
    const item = key && (await alerts.get(key));
    return item && alertOf(item);
  },

  async unpublished(now: EpochMs, limit: number): Promise<Alert[]> {
    const due = expression`#dueShard = ${DUE} AND #dueAt <= ${now}`;
    const { items } = await alerts.query(due, { index: 'due', limit });
    const found = await alerts.getAll(items.map(({ sk }) => ({ pk: LIST, sk: String(sk) })));
    return found.map(alertOf).toSorted((a, b) => a.at - b.at);
  },
});

const listing = (alerts: Table): Pick<Alerts, 'list'> => ({
  async list({ limit, before }): Promise<{ items: Alert[]; next?: string }> {
    const { items, next } = await alerts.query(expression`#pk = ${LIST}`, {
      newestFirst: true,
      consistent: true,
      limit,
      after: before === undefined ? undefined : { pk: LIST, sk: before },
    });
    return { items: items.map(alertOf), ...(next === undefined ? {} : { next: String(next.sk) }) };
  },
});

const acknowledging = (alerts: Table): Pick<Alerts, 'acknowledge'> => ({
  async acknowledge(id: string, by: string, now: EpochMs): Promise<Alert | undefined> {
    const key = await placeOf(alerts, id);
    if (key === undefined) return undefined;
    const change = {
      set: { status: 'acknowledged', acknowledged: { by, at: now } },
      when: allOf(expression`attribute_exists(#pk)`, expression`#status = ${'open'}`),
    };
    await isConditionMet(alerts.update(key, change));
    const item = await alerts.get(key);
    return item && alertOf(item);
  },
});

const publishing = (alerts: Table): Pick<Alerts, 'settle' | 'published'> => ({
  async settle(id: string, did: Alert['did']): Promise<void> {
    const key = await placeOf(alerts, id);
    if (key) await isConditionMet(alerts.update(key, { set: { did }, when: expression`attribute_exists(#pk)` }));
  },

  async published(id: string, now: EpochMs): Promise<void> {
    const key = await placeOf(alerts, id);
    if (key === undefined) return;
    const change = { set: { publishedAt: now }, when: expression`attribute_exists(#pk)` };
    await isConditionMet(alerts.update(key, change));
    await alerts.delete({ ...key, pk: UNPUBLISHED });
  },
});

async function placeOf(alerts: Table, id: string): Promise<Key | undefined> {
  const there = await alerts.get(pointerOf(id));
  return there && keyOf(Number(there.first), id);
}

const pointer = (id: string, at: EpochMs): Item & Key => ({
  ...pointerOf(id),
  first: at,
  at,
  current: id,
  ttl: ttlOf(at),
});
const pointerOf = (id: string): Key => ({ pk: `alert#${id}`, sk: 'AT' });
const keyOf = (at: EpochMs, id: string): Key => ({ pk: LIST, sk: `${String(at).padStart(13, '0')}#${id}` });
const ttlOf = (at: EpochMs): number => Math.floor(at / 1000) + TTL_SECONDS;

const alertOf = (item: Item): Alert => AlertSchema.parse(item);
