import type { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { expect, it } from 'vitest';
import { audiencePages } from '../../../adapters/s3/audience-pages.ts';
import type { AudienceLine } from '../../../core/campaigns/audience-line.ts';

const OF = { campaign: 'spring', id: '20261130T020000Z' };
const line = (p: string): AudienceLine => ({ p, r: 0.5, n: 1 });

/** S3, which refuses to put what is there if it is asked to. */
function pages() {
  const objects = new Map<string, string>();
  const client = {
    send: async ({ input }: PutObjectCommand | GetObjectCommand) => {
      const key = String(input.Key);
      const refused = (name: string) => Object.assign(new Error(name), { name });
      if ('Body' in input) {
        if (input.IfNoneMatch === '*' && objects.has(key)) throw refused('PreconditionFailed');
        return void objects.set(key, String(input.Body));
      }
      if (!objects.has(key)) throw refused('NoSuchKey');
      return { Body: { transformToString: async () => objects.get(key) } };
    },
  };
  return audiencePages(client as unknown as S3Client, 'bucket');
}

it('a page stays as it was written first, and whoever comes second goes on from there', async () => {
  const store = pages();
  const first = { lines: [line('a'), line('b')], next: { page: 1, members: { pk: 'b' } } };
  expect(await store.put(OF, '0-0', first)).toEqual(first);
  expect(await store.put(OF, '0-0', { lines: [line('c')] })).toEqual(first);
  expect(await store.get(OF, '0-0')).toEqual(first.lines);
});

it('the last page of a shard, and an empty one, lead nowhere', async () => {
  const store = pages();
  await store.put(OF, '0-0', { lines: [line('a')] });
  await store.put(OF, '1-0', { lines: [] });
  expect(await store.put(OF, '0-0', { lines: [], next: { page: 1 } })).toEqual({ lines: [line('a')] });
  expect(await store.put(OF, '1-0', { lines: [line('b')] })).toEqual({ lines: [] });
  expect(await store.get(OF, '1-0')).toEqual([]);
  expect(await store.get(OF, '2-0')).toBeUndefined();
});
