import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { isActive, type Occurrence } from '../../core/campaigns/occurrence.ts';
import type { EpochMs, ProfileKey } from '../../core/ids.ts';
import { CONFLICT, retryOnConflict } from '../../core/retry-on-conflict.ts';
import type { Armed, OccurrenceRef, OccurrenceStore, Progress } from '../../engine/campaigns/ports.ts';
import { carriedOut, isConditionMet, newOperation } from './conditional-write.ts';
import { expression, NOT_THERE } from './expressions.ts';
import type { Item, Key } from './item.ts';
import { type Table, tableOf } from './table.ts';

/**
 * Occurrences, under `occurrences#<campaign>`: `ARMED` {version, at}; `OCCURRENCE#<id>` (`Occurrence` and `rev`), in order of their instants;
 * `ACTIVE#<id>`, of each that has not ended, put before it and deleted after its end; `PROGRESS#<id>` (`Progress`); `NAMED#<id>` {profiles}, whom a trigger names.
 */
export function occurrenceStore(client: DynamoDBDocumentClient, table: string): OccurrenceStore {
  const rows = tableOf(client, table);
  return { ...arming(rows), ...occurrences(rows), ...activeOf(rows), ...namedOf(rows), ...progressOf(rows) };
}

/** An audience is frozen within minutes; a job that failed can be sent again for 14 days. */
const NAMED_TTL_SECONDS = 30 * 86_400;

const ACTIVE = 'ACTIVE#';
const partition = (campaign: string): string => `occurrences#${campaign}`;
const armedKey = (campaign: string): Key => ({ pk: partition(campaign), sk: 'ARMED' });
const occurrenceKey = ({ campaign, id }: OccurrenceRef): Key => ({ pk: partition(campaign), sk: `OCCURRENCE#${id}` });
const activeKey = ({ campaign, id }: OccurrenceRef): Key => ({ pk: partition(campaign), sk: `${ACTIVE}${id}` });
const namedKey = ({ campaign, id }: OccurrenceRef): Key => ({ pk: partition(campaign), sk: `NAMED#${id}` });
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
    if (isActive(occurrence)) await rows.put({ ...activeKey(occurrence) });
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
    return retryOnConflict<Occurrence | undefined>(
      async () => {
        const item = await rows.get(key);
        if (item === undefined) return undefined;
        const now = occurrenceOf(item);
        const next = change(now);
        if (next === undefined) {
          // Whoever ended it may have died before it said so.
          if (!isActive(now)) await rows.delete(activeKey(of));
          return now;
        }
        const [rev, op] = [Number(item.rev), newOperation()];
        const put = rows.put({ ...key, ...next, rev: rev + 1, op }, expression`#rev = ${rev}`);
        if (!(await carriedOut(put, async () => (await rows.get(key))?.op === op))) return CONFLICT;
        if (!isActive(next)) await rows.delete(activeKey(of));
        return next;
      },
      () => new Error(`occurrence ${of.id} of ${of.campaign} is always changed by others`),
    );
  },
});

const activeOf = (rows: Table): Pick<OccurrenceStore, 'active'> => ({
  /** An entry that a death has left has ended, or is not there: it is passed over. */
  async active(campaign: string, { limit, before }: { limit: number; before?: string | undefined }) {
    const listed = await rows.query(expression`#pk = ${partition(campaign)} AND begins_with(#sk, ${ACTIVE})`, {
      newestFirst: true,
      consistent: true,
      limit,
      after: before === undefined ? undefined : { ...activeKey({ campaign, id: before }) },
    });
    const ids = listed.items.map(({ sk }) => String(sk).slice(ACTIVE.length));
    const there = await rows.getAll(ids.map((id) => occurrenceKey({ campaign, id })));
    const items = there.map(occurrenceOf).filter(isActive);
    const last = ids.at(-1);
    return {
      items: items.sort((one, other) => (one.id < other.id ? 1 : -1)),
      ...(listed.next === undefined || last === undefined ? {} : { next: last }),
    };
  },
});

const namedOf = (rows: Table): Pick<OccurrenceStore, 'putNamed' | 'named'> => ({
  async putNamed(of: OccurrenceRef, profiles: readonly ProfileKey[], now: EpochMs): Promise<void> {
    const ttl = Math.floor(now / 1000) + NAMED_TTL_SECONDS;
    await isConditionMet(rows.put({ ...namedKey(of), profiles: [...profiles], ttl }, NOT_THERE));
  },

  async named(of: OccurrenceRef): Promise<ProfileKey[]> {
    const item = await rows.get(namedKey(of));
    return (item?.profiles ?? []) as ProfileKey[]; // as `putNamed` wrote it
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
