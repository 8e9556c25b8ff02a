import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { KINDS } from '../core/catalog/kinds/registry.ts';
import type { Kind, Reference } from '../core/definitions/definition.ts';
import type { Cloud } from '../local/running-cloud.ts';

type Json = Record<string, unknown>;

const fileOf = ({ kind, id }: Reference): URL => new URL(`../examples/${kind}/${id}.json`, import.meta.url);

export async function call(cloud: Cloud, role: string, method: string, path: string, body?: Json): Promise<void> {
  const token = await cloud.issuer.token(role, [role]);
  const response = await fetch(cloud.url + path, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body ?? {}),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
}

/** Publishes an example journey with all its references, and adds this many codes to each of its pools. */
export async function publishExample(cloud: Cloud, id: string, codes: number): Promise<void> {
  await define(cloud, { kind: 'journeys', id }, codes);
  await call(cloud, 'marketer', 'POST', `/v1/journeys/${id}/submit`);
  await call(cloud, 'approver', 'POST', `/v1/journeys/${id}/approve`);
  await call(cloud, 'marketer', 'POST', `/v1/journeys/${id}/publish`);
}

/** Defines everything that the definition references, then the definition itself. A trait without an example file is a plain trait. */
async function define(cloud: Cloud, reference: Reference, codes: number): Promise<void> {
  const { kind, id } = reference;
  if (!existsSync(fileOf(reference))) return;
  const definition = JSON.parse(await readFile(fileOf(reference), 'utf8')) as Json;
  for (const named of referencesOf(kind, definition)) await define(cloud, named, codes);
  await call(cloud, 'marketer', 'PUT', `/v1/${kind}/${id}`, definition);
  if (kind === 'coupon-pools') await addCodes(cloud, id, codes);
}

function referencesOf<K extends Kind>(kind: K, definition: Json): Reference[] {
  return KINDS[kind].references(KINDS[kind].schema.parse(definition));
}

async function addCodes(cloud: Cloud, pool: string, count: number): Promise<void> {
  for (let from = 0; from < count; from += 500) {
    const codes = Array.from({ length: Math.min(500, count - from) }, (_, index) => `${pool}-${from + index}`);
    await call(cloud, 'marketer', 'POST', `/v1/coupon-pools/${pool}/codes`, { codes });
  }
}

export async function postBatch(cloud: Cloud, batch: Json[]): Promise<void> {
  const response = await fetch(`${cloud.url}/v1/batch`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa('dev:')}`, 'content-type': 'application/json' },
    body: JSON.stringify({ batch }),
  });
  if (response.status !== 200) throw new Error(`batch: ${response.status} ${await response.text()}`);
}

/** In batches of 50. */
export async function postAll(cloud: Cloud, messages: Json[]): Promise<void> {
  for (let from = 0; from < messages.length; from += 50) await postBatch(cloud, messages.slice(from, from + 50));
}

export const identify = (userId: string, traits: Json = {}): Json => ({
  type: 'identify',
  userId,
  traits: { name: userId, ...traits },
  context: {
    device: { type: 'ios', token: `token-${userId}` },
    consent: { categoryPreferences: { push: true, ...('phone' in traits ? { sms: true } : {}) } },
  },
});

export const track = (userId: string, event: string, properties: Json = {}): Json => ({
  type: 'track',
  userId,
  event,
  properties,
});
