import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Occurrence } from '../../core/campaigns/occurrence.ts';
import type { EpochMs } from '../../core/ids.ts';
import type { Armed, OccurrenceRef, OccurrenceStore, Progress } from '../../engine/campaigns/ports.ts';
import { carriedOut, isConditionMet, newOperation } from './conditional-write.ts';
import { expression, NOT_THERE } from './expressions.ts';
import type { Item, Key } from './item.ts';
import { type Table, tableOf } from './table.ts';

/**
 * Occurrences, under `occurrences#<campaign>`: `ARMED` {version, at}; `OCCURRENCE#<id>` (`Occurrence` and `rev`), in order of their instants;
 * `PROGRESS#<id>` (`Progress`).
 */
export function occurrenceStore(client: DynamoDBDocumentClient, table: string): OccurrenceStore {
  const rows = tableOf(client, table);
  return { ...arming(rows), ...occurrences(rows), ...progressOf(rows) };
}

/** Times that a change is tried anew because another came first. */
const TRIES = 20;

const partition = (campaign: string): string => `occurrences#${campaign}`;
const armedKey = (campaign: string): Key => ({ pk: partition(campaign), sk: 'ARMED' });
const occurrenceKey = ({ campaign, id }: OccurrenceRef): Key => ({ pk: partition(campaign), sk: `OCCURRENCE#${id}` });
const progressKey = ({ campaign, id }: OccurrenceRef): Key => ({ pk: partition(campaign), sk: `PROGRESS#${id}` });

const arming = (rows: Table): Pick<OccurrenceStore, 'arm' | 'armed'> => {
  const armed = async (campaign: string): Promise<Armed | undefined> => {
    const item = await rows.get(armedKey(campaign));
    return item && { version: Number(item.version), at: Number(item.at) };
  };
  return {
    armed,
    async arm(campaign: string, version: number, now: EpochMs): Promise<Armed> {
      const when = expression`attribute_not_exists(#pk) OR #version < ${version}`;
      await isConditionMet(rows.put({ ...armedKey(campaign), version, at: now }, when));
      const there = await armed(campaign);
      if (there === undefined) throw new Error(`campaign ${campaign} was armed and is not`);
      return there;
    },
  };
};

const occurrences = (rows: Table): Pick<OccurrenceStore, 'create' | 'get' | 'list' | 'change'> => ({
  async create(occurrence: Occurrence): Promise<boolean> {
    const [key, op] = [occurrenceKey(occurrence), newOperation()];
    const put = rows.put({ ...key, ...occurrence, rev: 1, op }, NOT_THERE);
    return carriedOut(put, async () => (await rows.get(key))?.op === op);
  },

  async get(of: OccurrenceRef): Promise<Occurrence | undefined> {
    const item = await rows.get(occurrenceKey(of));
    return item && occurrenceOf(item);
  },

  async list(campaign: string, { limit, before }: { limit: number; before?: string | undefined }) {
    const prefix = expression`#pk = ${partition(campaign)} AND begins_with(#sk, ${'OCCURRENCE#'})`;
    const { items, next } = await rows.query(prefix, {
      newestFirst: true,
      consistent: true,
      limit,
      after: before === undefined ? undefined : { ...occurrenceKey({ campaign, id: before }) },
    });
    const found = items.map(occurrenceOf);
    const last = found.at(-1);
    return { items: found, ...(next === undefined || last === undefined ? {} : { next: last.id }) };
  },

  async change(
    of: OccurrenceRef,
    change: (now: Occurrence) => Occurrence | undefined,
  ): Promise<Occurrence | undefined> {
    const key = occurrenceKey(of);
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const item = await rows.get(key);
      if (item === undefined) return undefined;
      const now = occurrenceOf(item);
      const next = change(now);
      if (next === undefined) return now;
      const [rev, op] = [Number(item.rev), newOperation()];
      const put = rows.put({ ...key, ...next, rev: rev + 1, op }, expression`#rev = ${rev}`);
      if (await carriedOut(put, async () => (await rows.get(key))?.op === op)) return next;
    }
    throw new Error(`occurrence ${of.id} of ${of.campaign} is always changed by others`);
  },
});

const progressOf = (rows: Table): Pick<OccurrenceStore, 'progress' | 'begin' | 'advance'> => ({
  async progress(of: OccurrenceRef): Promise<Progress | undefined> {
    const item = await rows.get(progressKey(of));
    if (item === undefined) return undefined;
    const { pk: _pk, sk: _sk, op: _op, ...progress } = item;
    return progress as unknown as Progress; // as `begin` and `advance` wrote it
  },

  async begin(of: OccurrenceRef, progress: Progress): Promise<boolean> {
    const [key, op] = [progressKey(of), newOperation()];
    const when = expression`attribute_not_exists(#pk) OR #epoch < ${progress.epoch}`;
    return carriedOut(rows.put({ ...key, ...progress, op }, when), async () => (await rows.get(key))?.op === op);
  },

  async advance(of: OccurrenceRef, from: Pick<Progress, 'epoch' | 'tick'>, to: Progress): Promise<boolean> {
    const [key, op] = [progressKey(of), newOperation()];
    const when = expression`#epoch = ${from.epoch} AND #tick = ${from.tick}`;
    return carriedOut(rows.put({ ...key, ...to, op }, when), async () => (await rows.get(key))?.op === op);
  },
});

function occurrenceOf(item: Item): Occurrence {
  const { pk: _pk, sk: _sk, rev: _rev, op: _op, ...occurrence } = item;
  return occurrence as unknown as Occurrence; // as `create` and `change` wrote it
}
