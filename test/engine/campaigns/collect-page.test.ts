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
  const job = { work: { kind: 'collect', ...OF } as const };
  const page = await collectPage(deps as unknown as CollectDeps, job, { shard: 3 });
  expect(page).toEqual({ done: 0, next: standing.next });
});
