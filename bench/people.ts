import { readFile } from 'node:fs/promises';
import type { Cloud } from '../local/cloud.ts';

type Json = Record<string, unknown>;
const example = async (kind: string, id: string) =>
  JSON.parse(await readFile(new URL(`../examples/${kind}/${id}.json`, import.meta.url), 'utf8')) as Json;

export async function call(cloud: Cloud, role: string, method: string, path: string, body?: Json): Promise<void> {
  const token = await cloud.issuer.token(role, [role]);
  const response = await fetch(cloud.url + path, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body ?? {}),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
}

/** S1 published, with so many coupon codes. */
export async function publishS1(cloud: Cloud, codes: number): Promise<void> {
  await call(cloud, 'marketer', 'PUT', '/v1/tags/sleeping', await example('tags', 'sleeping'));
  await call(cloud, 'marketer', 'PUT', '/v1/coupon-pools/welcome-50', await example('coupon-pools', 'welcome-50'));
  for (let from = 0; from < codes; from += 500) {
    const lot = Array.from({ length: Math.min(500, codes - from) }, (_, index) => `C-${from + index}`);
    await call(cloud, 'marketer', 'POST', '/v1/coupon-pools/welcome-50/codes', { codes: lot });
  }
  for (const id of ['welcome-coupon', 'tutorial'])
    await call(cloud, 'marketer', 'PUT', `/v1/templates/${id}`, await example('templates', id));
  await call(cloud, 'marketer', 'PUT', '/v1/journeys/new-customer', await example('journeys', 'new-customer'));
  await call(cloud, 'marketer', 'POST', '/v1/journeys/new-customer/submit');
  await call(cloud, 'approver', 'POST', '/v1/journeys/new-customer/approve');
  await call(cloud, 'marketer', 'POST', '/v1/journeys/new-customer/publish');
}

export async function postBatch(cloud: Cloud, batch: Json[]): Promise<void> {
  const response = await fetch(`${cloud.url}/v1/batch`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa('dev:')}`, 'content-type': 'application/json' },
    body: JSON.stringify({ batch }),
  });
  if (response.status !== 202) throw new Error(`batch: ${response.status} ${await response.text()}`);
}

export const identify = (userId: string): Json => ({
  type: 'identify',
  userId,
  traits: { name: userId },
  context: { device: { type: 'ios', token: `token-${userId}` }, consent: { categoryPreferences: { push: true } } },
});

export const track = (userId: string, event: string, properties: Json = {}): Json => ({
  type: 'track',
  userId,
  event,
  properties,
});
