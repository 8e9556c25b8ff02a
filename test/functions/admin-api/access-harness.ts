import { afterAll, beforeAll } from 'vitest';
import { profileKeyOfUser } from '../../../core/ids.ts';
import { emptyActivity } from '../../../core/profiles/activity.ts';
import { startTables } from '../../protocols/tables.ts';
import { harness, NOW } from './api-harness.ts';

let tables: Awaited<ReturnType<typeof startTables>>;

export let api: ReturnType<typeof harness>;
export const PHONE = '13800138000';
export const EMAIL = 'wei.chen@example.com';
export const HELLO = {
  name: 'Hello',
  owner: 'growth',
  entry: { event: 'Hello' },
  start: 'done',
  nodes: { done: { type: 'end' } },
};

export const TAG = { name: 'Known', layer: 'base', owner: 'growth', use: 'test', reviewBy: '2027-05-01' };
export interface Entry {
  actor: string;
  action: string;
  kind: string;
  id: string;
  comment?: string;
  outcome?: string;
  status?: number;
  refused?: string;
}

export const audit = async () => (await api.call('GET', '/v1/audit?limit=200')).body.items as Entry[];
export async function customer(userId: string): Promise<void> {
  const key = profileKeyOfUser(userId);
  await api.deps.profiles.updateProfile(key, undefined, {
    identity: { kind: 'user', id: userId },
    pv: 1,
    traits: {
      email: { value: EMAIL, ts: NOW, by: 'm' },
      phoneNumbers: { value: [13800138000, '138 0013 8000'], ts: NOW, by: 'm' },
      [`of ${EMAIL}`]: { value: 1, ts: NOW, by: 'm' },
      workTel: { value: '5559876', ts: NOW, by: 'm' },
    },
    addresses: {
      email: { value: EMAIL, status: 'ok' },
      sms: { value: `+86${PHONE}`, status: 'ok' },
      push: [{ value: 'token-of-a-phone', platform: 'ios', status: 'ok', at: NOW }],
    },
  } as Parameters<typeof api.deps.profiles.updateProfile>[2]);
  await api.deps.profiles.commitActivity(key, undefined, { ...emptyActivity(), version: 1, pv: 1 });
}

/** Starts tables for the file. */
export function setUpTables(): void {
  beforeAll(async () => {
    tables = await startTables();
    api = harness(tables.client);
  });
  afterAll(() => tables.stop());
}
