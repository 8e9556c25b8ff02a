import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type EpochMs, hashId } from '../../core/ids.ts';
import { DAY_MS } from '../../core/time/units.ts';
import { utcDay } from '../../core/time/utc-day.ts';
import { expression } from './expressions.ts';
import type { Key } from './item.ts';
import { tableOf } from './table.ts';

/** Outcome of an API call. An entry has none while the call is under way, or if it broke off: nobody knows then how far it came. */
export interface AuditOutcome {
  outcome: 'done' | 'refused' | 'failed';
  /** Status of the HTTP response. */
  status: number;
  id?: string;
  version?: number;
  /** Why the caller may not do this. */
  refused?: string;
}

/** Entry of the audit log: who did what. It contains ids and versions, never the content. */
export interface AuditEntry extends Partial<AuditOutcome> {
  at: EpochMs;
  actor: string;
  /** `put`, `submit`, `approve`, `pause` … */
  action: string;
  /** `journeys`, `tags`, `profiles` … and the id there. */
  kind: string;
  id: string;
  comment?: string;
}

export type AuditLog = ReturnType<typeof auditLog>;

/** The audit log: `audit#<UTC day>`, one item an entry. */
export function auditLog(client: DynamoDBDocumentClient, table: string) {
  const audit = tableOf(client, table);
  let added = 0;

  return {
    /** Adds the entry before the act: an act that cannot be recorded is not carried out. */
    async add(entry: AuditEntry): Promise<Key> {
      added += 1;
      // The counter keeps the order within an instant; the hash separates entries of other instances at the same instant.
      const sk = `${stamp(entry.at)}#${stamp(added)}#${hashId('audit', JSON.stringify(entry)).slice(0, 12)}`;
      const place = { pk: partition(entry.at), sk };
      await audit.put({ ...place, ...entry });
      return place;
    },

    /** Adds what the system itself has done; a repeat under this id is the same entry. */
    async record(id: string, entry: Omit<AuditEntry, keyof AuditOutcome> & { id: string }): Promise<void> {
      const place = { pk: partition(entry.at), sk: `${stamp(entry.at)}#${id}` };
      await audit.put({ ...place, ...entry, outcome: 'done', status: 200 });
    },

    /** Adds the outcome after the act. */
    async settle(place: Key, outcome: AuditOutcome): Promise<void> {
      await audit.update(place, { set: { ...outcome } });
    },

    /** Returns the entries of [from, to], newest first. `cursor` is the last one seen. Reads at most 60 days per call; `next` continues. */
    async list(range: { from: EpochMs; to: EpochMs }, page: { limit: number; cursor?: { day: EpochMs; sk?: string } }) {
      const items: AuditEntry[] = [];
      let day = page.cursor?.day ?? startOfDay(range.to);
      let before = page.cursor?.sk;
      for (let days = 0; days < 60 && day >= startOfDay(range.from); days += 1) {
        const pk = partition(day);
        const read = await audit.query(
          expression`#pk = ${pk} AND #sk BETWEEN ${stamp(range.from)} AND ${`${stamp(range.to)}#~`}`,
          {
            newestFirst: true,
            consistent: true,
            limit: page.limit - items.length,
            after: before === undefined ? undefined : { pk, sk: before },
          },
        );
        items.push(...read.items.map(entryOf));
        if (read.next) return { items, next: { day, sk: String(read.next.sk) } };
        day -= DAY_MS;
        before = undefined;
        if (items.length >= page.limit) break;
      }
      return day < startOfDay(range.from) ? { items } : { items, next: { day } };
    },
  };
}

const startOfDay = (at: EpochMs): EpochMs => Math.floor(at / DAY_MS) * DAY_MS;
const partition = (at: EpochMs): string => `audit#${utcDay(at)}`;
const stamp = (at: EpochMs): string => String(Math.max(0, at)).padStart(13, '0');

/** The item as `add` wrote it. */
function entryOf(item: Record<string, unknown>): AuditEntry {
  const { pk: _pk, sk: _sk, ...entry } = item;
  return entry as unknown as AuditEntry;
}
