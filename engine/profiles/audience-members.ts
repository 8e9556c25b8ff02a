import * as z from 'zod';
import type { ProfileKey } from '../../core/ids.ts';
import { lazySchema } from '../../core/lazy-schema.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import type { ProfileStore } from './ports.ts';
import { MEMBER_SHARDS } from './ports.ts';

/** Position in a list of members: within a shard, then in the next one. */
export const PositionSchema = lazySchema(() =>
  z.object({
    shard: z.number().int(),
    cursor: z.record(z.string(), z.unknown()).optional(),
  }),
);
export type Position = z.infer<typeof PositionSchema>;

const CONCURRENCY = 20;

interface MemberDeps {
  profiles: Pick<ProfileStore, 'members' | 'readProfile'>;
}

/** Returns a page of the members of a tag (`vip`), a segment (`segment:vip`) or all profiles, in the order of the index. */
export async function membersOf(
  deps: MemberDeps,
  member: string,
  { limit, from }: { limit: number; from?: Position | undefined },
): Promise<{ keys: ProfileKey[]; next?: Position }> {
  const { items, next } = await acrossShards({ limit, from }, async (shard, page) => {
    const read = await deps.profiles.members(member, shard, page);
    return { items: read.profiles, next: read.next };
  });
  return next === undefined ? { keys: items } : { keys: items, next };
}

interface ShardPage {
  limit: number;
  cursor?: Record<string, unknown> | undefined;
}

/** Joins the items of all shards of the index into one list. */
export async function acrossShards<Item>(
  { limit, from }: { limit: number; from?: Position | undefined },
  read: (shard: number, page: ShardPage) => Promise<{ items: Item[]; next?: Record<string, unknown> | undefined }>,
): Promise<{ items: Item[]; next?: Position | undefined }> {
  const items: Item[] = [];
  let position: Position | undefined = from ?? { shard: 0 };
  while (position !== undefined && items.length < limit) {
    const { shard, cursor }: Position = position;
    const page = await read(shard, { limit: limit - items.length, cursor });
    items.push(...page.items);
    if (page.next !== undefined) position = { shard, cursor: page.next };
    else position = shard + 1 < MEMBER_SHARDS ? { shard: shard + 1 } : undefined;
  }
  return { items, next: position };
}

/** Returns the clients' ids of these profiles; profiles that no longer exist are left out. */
export async function idsOf(deps: MemberDeps, keys: ProfileKey[]): Promise<string[]> {
  const profiles = await mapWithConcurrency(CONCURRENCY, keys, (key) => deps.profiles.readProfile(key));
  return profiles.flatMap((profile) => (profile === undefined ? [] : [profile.identity.id]));
}
