import { afterAll, beforeAll, beforeEach } from 'vitest';
import { profileKeyOfUser } from '../../../core/ids.ts';
import { emptyActivity } from '../../../core/profiles/activity.ts';
import type { Profile } from '../../../core/profiles/profile.ts';
import { startTables } from '../../protocols/tables.ts';
import { harness, NOW } from './api-harness.ts';

let tables: Awaited<ReturnType<typeof startTables>>;

export let api: ReturnType<typeof harness>;
export let serial = 0;
export let id = '';
async function customer(userId: string, more: Partial<Profile> = {}): Promise<void> {
  const profile: Profile = {
    identity: { kind: 'user', id: userId },
    pv: 1,
    traits: {
      email: { value: `${serial}@example.com`, ts: NOW, by: 'm' },
      city: { value: 'Shanghai', ts: NOW, by: 'm' },
      gone: { value: null, ts: NOW, by: 'm' },
    },
    addresses: {
      email: { value: `${serial}@example.com`, status: 'ok' },
      sms: { value: '+8613800001234', status: 'ok' },
    },
    ...more,
  };
  const key = profileKeyOfUser(userId);
  await api.deps.profiles.updateProfile(key, undefined, profile);
  await api.deps.profiles.commitActivity(key, undefined, { ...emptyActivity(), version: 1, pv: 1 });
}

export const at = (userId: string) => `/v1/profiles/${encodeURIComponent(userId)}`;
/** Starts tables for the file, and gives each test a customer of its own. */
export function setUpProfiles(): void {
  beforeAll(async () => {
    tables = await startTables();
    api = harness(tables.client);
  });
  afterAll(() => tables.stop());
  beforeEach(async () => {
    serial += 1;
    id = `user/${serial}@example.com`;
    await customer(id);
  });
}
