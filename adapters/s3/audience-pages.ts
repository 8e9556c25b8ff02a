import type { S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod';
import { type AudienceLine, AudienceLineSchema } from '../../core/campaigns/audience-line.ts';
import type { AudiencePage, AudiencePages, OccurrenceRef, Shared } from '../../engine/campaigns/ports.ts';
import { objectStore } from './objects.ts';

/**
 * The frozen audiences, under `campaigns/<campaign>/<occurrence>/`: JSON lines in `pages/<page>.jsonl`, the last of them `{next}` where another page follows; and
 * `shared.json`.
 */
export function audiencePages(client: S3Client, bucket: string): AudiencePages {
  const objects = objectStore(client, bucket);
  const keyOf = ({ campaign, id }: OccurrenceRef, name: string) => `campaigns/${campaign}/${id}/${name}`;
  const pageKey = (of: OccurrenceRef, page: string) => keyOf(of, `pages/${page}.jsonl`);
  return {
    async put(of: OccurrenceRef, name: string, page: AudiencePage): Promise<AudiencePage> {
      const key = pageKey(of, name);
      if (await objects.putNew(key, textOf(page))) return page;
      const text = await objects.get(key);
      if (text === undefined) throw new Error(`${key} is being written by another`);
      return pageIn(text);
    },

    async get(of: OccurrenceRef, name: string): Promise<AudienceLine[] | undefined> {
      const text = await objects.get(pageKey(of, name));
      return text === undefined ? undefined : pageIn(text).lines;
    },

    putShared: (of: OccurrenceRef, shared: Shared): Promise<void> =>
      objects.put(keyOf(of, 'shared.json'), JSON.stringify(shared)),

    async getShared(of: OccurrenceRef): Promise<Shared> {
      const text = await objects.get(keyOf(of, 'shared.json'));
      return text === undefined ? { duplicates: [], without: {} } : (JSON.parse(text) as Shared); // as `putShared` wrote it
    },
  };
}

const NextSchema = z.strictObject({ next: z.record(z.string(), z.unknown()) });

const textOf = ({ lines, next }: AudiencePage): string =>
  [...lines, ...(next === undefined ? [] : [{ next }])].map((line) => `${JSON.stringify(line)}\n`).join('');

function pageIn(text: string): AudiencePage {
  const all = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): unknown => JSON.parse(line));
  const last = NextSchema.safeParse(all.at(-1));
  const lines = (last.success ? all.slice(0, -1) : all).map((line) => AudienceLineSchema.parse(line));
  return { lines, ...(last.success ? last.data : {}) };
}
