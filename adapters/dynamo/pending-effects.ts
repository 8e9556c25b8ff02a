import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { compress, decompress } from '../../core/compression.ts';
import { hashId, type ProfileKey } from '../../core/ids.ts';
import type { Effect } from '../../core/profiles/activity.ts';
import type { ProfilePartition } from './profile-reads.ts';
import { tableOf } from './table.ts';

/** JSON of the effects that `#ACTIVITY` itself contains; the item may have 400 KB. */
const MAX_CHARACTERS = 60_000;
const PART_CHARACTERS = 120_000;
/** Longer than a message may be in a queue. */
const KEPT_MS = 30 * 24 * 3600_000;

type Stored = Extract<Effect, { kind: 'stored' }>;

/** Effects of a commit that do not fit into its item: for example if one large event enters many journeys. */
export function pendingEffectStore(
  client: DynamoDBDocumentClient,
  table: string,
  { get }: Pick<ProfilePartition, 'get'>,
) {
  const { put } = tableOf(client, table);

  return {
    /** Returns the effects in the form in which the commit contains them. The same effects give the same items. */
    async put(key: ProfileKey, version: number, effects: Effect[]): Promise<Effect[]> {
      const json = JSON.stringify(effects);
      if (json.length <= MAX_CHARACTERS) return effects;
      const isSmall = ({ kind }: Effect) => kind === 'member' || kind === 'due' || kind === 'stored';
      const large = JSON.stringify(effects.filter((effect) => !isSmall(effect)));
      const sk = `PENDING#${String(version).padStart(10, '0')}#${hashId('pending', large).slice(0, 12)}`;
      const parts = Math.ceil(large.length / PART_CHARACTERS);
      const ttl = Math.floor((Date.now() + KEPT_MS) / 1000);
      for (let part = 0; part < parts; part += 1) {
        const body = compress(large.slice(part * PART_CHARACTERS, (part + 1) * PART_CHARACTERS));
        await put({ pk: key, sk: `${sk}#${part}`, ttl, body });
      }
      return [...effects.filter(isSmall), { kind: 'stored', pk: key, sk, parts }];
    },

    /** Returns the effects, with stored ones in their place. Expired ones are dropped, because DynamoDB may already have removed part of them. */
    async get(effects: readonly Effect[]): Promise<Exclude<Effect, Stored>[]> {
      const all: Exclude<Effect, Stored>[] = [];
      for (const effect of effects) {
        if (effect.kind !== 'stored') {
          all.push(effect);
          continue;
        }
        let json = '';
        for (let part = 0; part < effect.parts; part += 1) {
          const item = await get(effect.pk, `${effect.sk}#${part}`);
          json = item === undefined ? '' : json + decompress<string>(item.body);
          if (json === '') break;
        }
        if (json !== '') all.push(...(JSON.parse(json) as Exclude<Effect, Stored>[]));
      }
      return all;
    },
  };
}
