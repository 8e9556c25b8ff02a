import { expect, it } from 'vitest';
import { CampaignSchema } from '../../../core/campaigns/schema.ts';
import { emptySnapshot } from '../../../core/catalog/build-snapshot.ts';
import { type CollectDeps, collectPage } from '../../../engine/campaigns/collect-audience.ts';

const OF = { campaign: 'spring', occurrence: '20261130T020000Z' };
const definition = CampaignSchema.parse({
  name: 'Spring',
  audience: { trait: 'city', eq: 'Shanghai' },
  template: 'offer',
  at: 'now',
});

it('goes on from the page that another worker has written first', async () => {
  const standing = { lines: [], next: { page: 1, members: { pk: 'where the first page ended' } } };
  const deps = {
    occurrences: {
      get: async () => ({ ...OF, version: 1, at: 0, status: 'collecting' }),
      armed: async () => undefined,
    },
    profiles: { members: async () => ({ profiles: [], next: { pk: 'elsewhere' } }) },
    pages: { put: async () => standing },
    catalog: { version: async () => ({ definition }), snapshot: async () => ({ snapshot: emptySnapshot() }) },
    clock: () => 0,
  };
  const job = { members: 'city', work: { kind: 'collect', ...OF } as const };
  const page = await collectPage(deps as unknown as CollectDeps, job, { shard: 3 });
  expect(page).toEqual({ done: 0, next: standing.next });
});

it('has the profiles that a trigger has named, each once after all merges, in one page', async () => {
  const pages: { lines: { p: string }[] }[] = [];
  const survivors: Record<string, string> = { one: 'one', visitor: 'one', two: 'two' };
  const deps = {
    occurrences: {
      get: async () => ({ ...OF, version: 1, at: 0, status: 'collecting', audience: { profiles: 4 } }),
      named: async () => ['one', 'two', 'visitor', 'gone'],
      armed: async () => undefined,
    },
    profiles: {
      home: async (key: string) => {
        const survivor = survivors[key];
        return { key: survivor ?? key, profile: survivor && { traits: {}, addresses: {} }, consents: {} };
      },
    },
    pages: {
      put: async (_of: object, _name: string, page: { lines: { p: string }[] }) => {
        pages.push(page);
        return page;
      },
    },
    catalog: { version: async () => ({ definition }), snapshot: async () => ({ snapshot: emptySnapshot() }) },
    clock: () => 0,
  };
  const page = await collectPage(deps as unknown as CollectDeps, { work: { kind: 'collect', ...OF } }, { shard: 0 });
  expect(page).toEqual({ done: 4 });
  expect(pages.map(({ lines }) => lines.map(({ p }) => p))).toEqual([['one', 'two']]);
});
