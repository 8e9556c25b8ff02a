import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

export type Json = Record<string, unknown>;

export let cairn: Cairn;

const DONE = { type: 'end', outcome: 'done' };

export const DAY = { type: 'wait', for: '24h', next: 'done' };

export const journeyOf = (entry: Json, nodes: Json, more: Json = {}): Json => ({
  name: 'Journey',
  entry,
  start: Object.keys(nodes)[0],
  nodes: { ...nodes, done: DONE },
  ...more,
});

export const put = (id: string, journey: Json) => cairn.as('marketer', 'PUT', `/v1/journeys/${id}`, journey);

export async function publish(id: string, journey: Json): Promise<void> {
  await cairn.ok('marketer', 'PUT', `/v1/journeys/${id}`, journey);
  await cairn.ok('marketer', 'POST', `/v1/journeys/${id}/publish`);
}

export const runsOf = async (id: string, profileId: string): Promise<Json[]> =>
  (await cairn.ok<{ items: Json[] }>('viewer', 'GET', `/v1/journeys/${id}/runs?profileId=${profileId}`)).items;

/** Starts a cloud for the file. */
export function setUpJourneys(): void {
  beforeAll(async () => {
    cairn = await acquireCairn();
  });
  afterAll(() => releaseCairn(cairn));
  beforeEach(async () => {
    await cairn.reset();
    await cairn.ok('admin', 'PUT', '/v1/settings', { approval: { required: false } });
    await cairn.ok('marketer', 'PUT', '/v1/tags/met', { name: 'Met' });
    const content = { sms: { text: 'Hello' } };
    await cairn.ok('marketer', 'PUT', '/v1/templates/hello', { class: 'marketing', content });
  });
}
