import type { S3Client } from '@aws-sdk/client-s3';
import { type AudienceLine, AudienceLineSchema } from '../../core/campaigns/audience-line.ts';
import type { AudiencePages, OccurrenceRef, Shared } from '../../engine/campaigns/ports.ts';
import { objectStore } from './objects.ts';

/** The frozen audiences, under `campaigns/<campaign>/<occurrence>/`: JSON lines in `pages/<page>.jsonl`, and `shared.json`. */
export function audiencePages(client: S3Client, bucket: string): AudiencePages {
  const objects = objectStore(client, bucket);
  const keyOf = ({ campaign, id }: OccurrenceRef, name: string) => `campaigns/${campaign}/${id}/${name}`;
  const pageKey = (of: OccurrenceRef, page: string) => keyOf(of, `pages/${page}.jsonl`);
  return {
    put: (of: OccurrenceRef, page: string, lines: readonly AudienceLine[]): Promise<void> =>
      objects.put(pageKey(of, page), lines.map((line) => `${JSON.stringify(line)}\n`).join('')),

    async get(of: OccurrenceRef, page: string): Promise<AudienceLine[] | undefined> {
      const text = await objects.get(pageKey(of, page));
      return text
        ?.split('\n')
        .filter((line) => line !== '')
        .map((line) => AudienceLineSchema.parse(JSON.parse(line)));
    },

    putShared: (of: OccurrenceRef, shared: Shared): Promise<void> =>
      objects.put(keyOf(of, 'shared.json'), JSON.stringify(shared)),

    async getShared(of: OccurrenceRef): Promise<Shared> {
      const text = await objects.get(keyOf(of, 'shared.json'));
      return text === undefined ? { duplicates: [], without: {} } : (JSON.parse(text) as Shared); // as `putShared` wrote it
    },
  };
}
