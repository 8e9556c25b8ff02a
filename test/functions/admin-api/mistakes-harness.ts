import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect } from 'vitest';
import { startTables } from '../../protocols/tables.ts';
import { harness } from './api-harness.ts';

let api: ReturnType<typeof harness>;

let client: DynamoDBDocumentClient;

let stop: () => Promise<void>;

export type Json = Record<string, unknown>;

export const journey = (more: Json): Json => ({
  name: 'Welcome',
  entry: { event: 'Signed Up' },
  start: 'a',
  nodes: { a: { type: 'end' } },
  ...more,
});

export const node = (a: Json): Json => journey({ nodes: { a, b: { type: 'end' } } });

export const template = (more: Json): Json => ({ class: 'marketing', content: { sms: { text: 'Hello' } }, ...more });

export const DURATION = 'must be a duration such as "90s", "10m", "24h", "30d" or "4w", at most "36500d"';

export const JOURNEY =
  'name, owner, entry, audience, throttle, pilot, reentry, exit, goal, window, caps, validFor, start, nodes';

export type Row = [what: string, body: Json, faults: Record<string, string>];

export async function faultsOf(path: string, body: Json): Promise<Record<string, string>> {
  const answer = await api.call('PUT', path, { body });
  expect(answer.status).toBe(422);
  const errors = answer.body.errors as { path: string; message: string }[];
  return Object.fromEntries(errors.map(({ path: at, message }) => [at, message]));
}

/** Starts tables for the file. */
export function setUpTables(): void {
  beforeAll(async () => {
    ({ client, stop } = await startTables());
    api = harness(client);
  });
  afterAll(() => stop());
}
