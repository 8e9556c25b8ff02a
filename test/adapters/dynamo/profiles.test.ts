import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { profilePages } from '../../../adapters/dynamo/profile-pages.ts';
import { profileStore } from '../../../adapters/dynamo/profiles.ts';
import type { CairnEvent } from '../../../core/events/event.ts';
import { shortHash } from '../../../core/ids.ts';
import { emptyActivity } from '../../../core/profiles/activity.ts';
import type { Profile } from '../../../core/profiles/profile.ts';
import type { ProfileStore } from '../../../engine/profiles/ports.ts';
import { startTables, TABLES } from '../../protocols/tables.ts';

let tables: Awaited<ReturnType<typeof startTables>>;
let profiles: ProfileStore;

beforeAll(async () => {
  tables = await startTables();
  profiles = profileStore(tables.client, TABLES.profiles);
});
afterAll(() => tables.stop());

const profile = (more: Partial<Profile> = {}): Profile => ({
  identity: { kind: 'user', id: 'ann' },
  pv: 1,
  traits: { name: { value: '林', ts: 1, by: 'm1' } },
  addresses: {},
  ...more,
});
const event = (id: string, at: number): CairnEvent => ({
  id,
  type: 'track',
  name: 'Seen',
  at,
  receivedAt: at,
  index: 0,
  key: 'server',
});

describe('a profile', () => {
  it('commits its activity only from the version that was read', async () => {
    const activity = {
      ...emptyActivity(),
      version: 1,
      ids: ['m1', 'm2'].map(shortHash),
      tags: { vip: { since: 5, by: 'api' as const } },
      dueAt: 77,
    };
    expect(await profiles.commitActivity('a', undefined, activity)).toBe(true);
    expect(await profiles.commitActivity('a', undefined, activity)).toBe(false);
    expect((await profiles.query('a')).activity).toEqual(activity);
    expect(await profiles.commitActivity('a', 1, { ...activity, version: 2, dueAt: undefined })).toBe(true);
    expect(await profiles.commitActivity('a', 1, { ...activity, version: 2 })).toBe(false);
    const second = (await profiles.query('a')).activity;
    expect(second?.version).toBe(2);
    expect(second?.dueAt).toBeUndefined();
  });

  it('is found by its present address only', async () => {
    const before = profile({ addresses: { sms: { value: '+8613800138000', status: 'ok' } } });
    expect(await profiles.updateProfile('b', undefined, before)).toBe(true);
    expect((await profiles.byAddress({ channel: 'sms', value: '+8613800138000' })).keys).toEqual(['b']);
    const moved = profile({ pv: 2, addresses: { sms: { value: '+8613900139000', status: 'ok' } } });
    expect(await profiles.updateProfile('b', before, moved)).toBe(true);
    expect((await profiles.byAddress({ channel: 'sms', value: '+8613800138000' })).keys).toEqual([]);
    expect((await profiles.byAddress({ channel: 'sms', value: '+8613900139000' })).keys).toEqual(['b']);
    expect(await profiles.updateProfile('b', before, moved)).toBe(false);
  });

  it('gives its history each event once and in order, from an instant on', async () => {
    await profiles.putEvents('c', [event('e2', 2_000), event('e3', 3_000)]);
    await profiles.putEvents('c', [event('e1', 1_000)]);
    await profiles.putEvents('c', [event('e3', 3_000)]);
    expect((await profiles.history('c', { from: 0 })).events.map((one) => one.id)).toEqual(['e1', 'e2', 'e3']);
    expect((await profiles.history('c', { from: 2_500 })).events.map((one) => one.id)).toEqual(['e3']);
  });

  it('lets the newer membership write win', async () => {
    await profiles.setMember('d', 'vip', true, 3, 1);
    await profiles.setMember('d', 'vip', false, 2, 1);
    const found = await Promise.all(
      Array.from({ length: 16 }, (_, shard) => profiles.members('vip', shard, { limit: 10 })),
    );
    expect(found.flatMap((page) => page.profiles)).toEqual(['d']);
    await profiles.setMember('d', 'vip', false, 4, 1);
    const then = await Promise.all(
      Array.from({ length: 16 }, (_, shard) => profiles.members('vip', shard, { limit: 10 })),
    );
    expect(then.flatMap((page) => page.profiles)).toEqual([]);
  });

  it('folds consents under concurrency and keeps every entry in the ledger', async () => {
    const entry = (at: number) => ({ granted: true, at, source: 'api' as const });
    await Promise.all(
      [1, 2, 3, 4].map((at) =>
        profiles.addConsents('e', [{ key: `c${at}`, entry: entry(at) }], (now) => ({ ...now, [`c${at}`]: entry(at) })),
      ),
    );
    expect(Object.keys((await profiles.query('e')).consents).sort()).toEqual(['c1', 'c2', 'c3', 'c4']);
    const { ledger } = profilePages(tables.client, TABLES.profiles);
    expect((await ledger('e', { limit: 10 })).entries.map((one) => one.key)).toEqual(['c4', 'c3', 'c2', 'c1']);
  });

  it('answers at the end of its merges, settled once every hop is done', async () => {
    await profiles.commitActivity('g', undefined, { ...emptyActivity(), version: 1 });
    expect(await profiles.fenceActivity('f', 'g', 100, undefined)).toBe(true);
    expect(await profiles.home('f')).toMatchObject({ key: 'g', settled: false });
    const fenced = await profiles.readActivity('f');
    await profiles.commitActivity('f', fenced?.version, {
      ...emptyActivity(),
      version: 2,
      mergedInto: 'g',
      done: true,
    });
    expect(await profiles.home('f')).toMatchObject({ key: 'g', settled: true });
  });

  it('refuses a write to a fenced profile and follows the fence for consents', async () => {
    await profiles.updateProfile('h', undefined, profile());
    await profiles.fence('h', 'profile', 'i');
    await profiles.fence('h', 'consents', 'i');
    expect(await profiles.updateProfile('h', profile(), profile({ pv: 2 }))).toBe(false);
    await profiles.addConsents('h', [], (now) => ({ ...now, sms: { granted: true, at: 1, source: 'api' } }));
    expect((await profiles.query('i')).consents).toEqual({ sms: { granted: true, at: 1, source: 'api' } });
  });
});
