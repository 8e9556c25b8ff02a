import type { Cairn } from './cairn.ts';

/** A customer with a number, who wants all news. */
export const customer = (index: number) => ({
  userId: `customer-${index}`,
  traits: { phone: `+861380${String(index).padStart(7, '0')}`, email: `customer-${index}@example.com` },
  context: { consent: { categoryPreferences: { sms: true, email: true } } },
});

/** Segment allows 500 KB a batch. */
const BATCH = 500;

/** Sends calls in batches, and settles once. */
export async function batch(cairn: Cairn, calls: object[]): Promise<void> {
  const authorization = `Basic ${Buffer.from('dev:').toString('base64')}`;
  for (let from = 0; from < calls.length; from += BATCH) {
    const body = { batch: calls.slice(from, from + BATCH) };
    const { status, body: answer } = await cairn.call('POST', '/v1/batch', body, { authorization });
    if (status !== 200 || answer.rejected === undefined || (answer.rejected as unknown[]).length > 0)
      throw new Error(`batch: ${status} ${JSON.stringify(answer).slice(0, 500)}`);
  }
  await cairn.local('POST', 'settle');
}

export const numbers = (from: number, count: number): number[] => Array.from({ length: count }, (_, at) => from + at);

/** Each enters the journey that begins with this event, as a new customer; a minute later all has been tried again that was too busy. */
export async function enter(cairn: Cairn, event: string, from: number, count: number): Promise<void> {
  await batch(
    cairn,
    numbers(from, count).flatMap((index) => {
      const { userId, traits, context } = customer(index);
      return [
        { type: 'identify', userId, traits, context },
        { type: 'track', userId, event },
      ];
    }),
  );
  await cairn.advance('1m');
}

export async function installJourney(
  cairn: Cairn,
  id: string,
  { event, channel, content }: { event: string; channel: string; content: object },
): Promise<void> {
  await cairn.ok('marketer', 'PUT', `/v1/templates/${id}`, { class: 'marketing', content: { [channel]: content } });
  await cairn.ok('marketer', 'PUT', `/v1/journeys/${id}`, {
    name: id,
    entry: { event },
    start: 'notify',
    nodes: { notify: { type: 'send', template: id, channels: [channel], next: 'done' }, done: { type: 'end' } },
  });
  await cairn.publish(id);
}

export const stop = (cairn: Cairn, index: number) =>
  cairn.local('POST', 'feedback', { channel: 'sms', from: customer(index).traits.phone, text: 'STOP' });

export interface Alert {
  id: string;
  scope: string;
  scopeId: string;
  metric: string;
  value: number;
  threshold: number;
  did: string;
}
export const alerts = async (cairn: Cairn, status = 'open'): Promise<Alert[]> =>
  (await cairn.ok<{ items: Alert[] }>('viewer', 'GET', `/v1/alerts?status=${status}`)).items;

export const guardrail = async (cairn: Cairn, scopeId: string): Promise<Record<string, unknown> | undefined> =>
  (await cairn.ok<{ items: Record<string, unknown>[] }>('viewer', 'GET', '/v1/guardrails?limit=200')).items.find(
    (item) => item.scopeId === scopeId,
  );
