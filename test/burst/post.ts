import { setTimeout as wait } from 'node:timers/promises';
import type { Cairn } from '../scenarios/cairn.ts';
import type { Call, History } from './customers/history.ts';

type Json = Record<string, unknown>;

export interface Customer {
  id: string;
  phone: string;
  history: History;
  /** Message ids of all posted calls. */
  posted: Set<string>;
}

export const customersOf = (histories: readonly History[], each: number): Customer[] =>
  histories
    .flatMap((history) => Array.from({ length: each }, (_, index) => ({ id: `${history.id}-${index}`, history })))
    .map((customer, index) => ({ ...customer, phone: `+861390000${1000 + index}`, posted: new Set<string>() }));

export type Phase = 'calls' | 'hour' | 'days';
/** Order of one customer's calls: one after another, concurrently over several connections, or in one batch. */
export type Way = 'ordered' | 'side by side' | 'batch';

const CLIENTS = 8;
const DAY_MS = 86_400_000;
/** Events are this far in the past, so that the last one is not in the future. */
const BACK_MS = 5_000;
/** How long a client repeats a call without an answer. */
const PATIENCE_MS = 120_000;

/** Returns the calls that a client posts for a customer, with timestamps in its order as an SDK sets them. */
export function callsOf(customer: Customer, phase: Phase, now: number, began: number): Json[] {
  const { id, history, posted } = customer;
  const dateIn = (days: number) => new Date(began + days * DAY_MS).toISOString().slice(0, 10);
  const calls = history[phase]?.(id, dateIn) ?? [];
  return (phase === 'calls' ? introduced(customer, calls, history.traits?.(dateIn)) : calls).map(
    ({ daysAgo = 0, ...call }, index) => {
      const messageId = `${id}/${phase}/${index}`;
      posted.add(messageId);
      const timestamp = new Date(now - BACK_MS + index * 7 - daysAgo * DAY_MS).toISOString();
      return { userId: id, ...call, timestamp, messageId };
    },
  );
}

/** Adds an `identify` with addresses and consent, as the first call or as the stranger's own, and a page view. */
function introduced({ id, phone, history }: Customer, calls: Call[], traits: Json = {}): Call[] {
  const context = {
    device: { type: 'ios', token: `token-${id}` },
    consent: { categoryPreferences: { push: true, sms: true, email: true } },
  };
  const identify: Call = { type: 'identify', traits: { name: id, phone, ...traits }, context };
  if (!history.isStranger) return [identify, { type: 'page', name: 'Home' }, ...calls];
  const at = calls.findIndex(({ type }) => type === 'identify');
  return [
    ...calls.map((call, index) => (index === at ? { ...identify, ...call, traits: identify.traits } : call)),
    { type: 'page', name: 'End' },
  ];
}

/** Eight clients post all calls without a pause, each customer's by one of them. `cairn` may be another process at the next try. */
export async function burst(cairn: () => Cairn, all: Json[][], way: Way): Promise<void> {
  const one = ({ type, ...message }: Json) => post(cairn, String(type), message);
  const queue = all.filter((calls) => calls.length > 0);
  const client = async (): Promise<void> => {
    for (let calls = queue.shift(); calls !== undefined; calls = queue.shift()) {
      if (way === 'batch') await post(cairn, 'batch', { batch: calls });
      if (way === 'side by side') await Promise.all(calls.map(one));
      if (way === 'ordered') for (const call of calls) await one(call);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
}

/** Posts like an SDK: repeats the call until it is answered. */
async function post(cairn: () => Cairn, type: string, body: Json): Promise<void> {
  const authorization = `Basic ${btoa('dev:')}`;
  for (const until = Date.now() + PATIENCE_MS; ; ) {
    const answer = await cairn()
      .call<{ rejected: unknown[] }>('POST', `/v1/${type}`, body, { authorization })
      .catch(() => undefined);
    if (answer?.status === 200 && answer.body.rejected.length === 0) return;
    const isFinal = answer !== undefined && answer.status < 500;
    if (isFinal || Date.now() > until) throw new Error(`${type}: ${answer?.status} ${JSON.stringify(answer?.body)}`);
    await wait(100);
  }
}
