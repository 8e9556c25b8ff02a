import * as z from 'zod';
import type { EpochMs } from '../ids.ts';
import { lazySchema } from '../lazy-schema.ts';

export const EXPORT_FORMATS = ['csv', 'jsonl', 'parquet'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** What an export has: facts of messages or conversions, everything that happened in a campaign or journey; customers, or the events of their timelines. */
export const EXPORTED = ['messages', 'conversions', 'flow', 'profiles', 'events'] as const;
export type Exported = (typeof EXPORTED)[number];

/** What is read from the customers' own items: all else is in the data lake. */
const OF_CUSTOMERS: ReadonlySet<Exported> = new Set(['profiles', 'events']);
export const isOfCustomers = (of: Exported): of is 'profiles' | 'events' => OF_CUSTOMERS.has(of);

/** What each may be limited to. */
export const EXPORT_SCOPES = {
  messages: ['campaign', 'journey', 'channel', 'template'],
  conversions: ['campaign', 'journey', 'channel', 'template'],
  flow: ['campaign', 'journey'],
  profiles: ['segment', 'tag', 'list'],
  events: [],
} as const satisfies Record<Exported, readonly string[]>;
export type ExportScope = (typeof EXPORT_SCOPES)[Exported][number];
const SCOPES = [
  'campaign',
  'journey',
  'channel',
  'template',
  'segment',
  'tag',
  'list',
] as const satisfies ExportScope[];

/** Of a period: facts by the sending of their message, steps and events by when they happened, customers by their latest event. */
export const ExportSpecSchema = lazySchema(() =>
  z.object({
    of: z.enum(EXPORTED),
    scope: z.object({ kind: z.enum(SCOPES), id: z.string() }).optional(),
    from: z.number(),
    /** Not included. */
    to: z.number(),
    format: z.enum(EXPORT_FORMATS),
  }),
);
export type ExportSpec = z.infer<typeof ExportSpecSchema>;

/** The period of an export that has none. */
export const ANY_TIME: { from: EpochMs; to: EpochMs } = { from: 0, to: Number.MAX_SAFE_INTEGER };

/** Where exports lie in the bucket of objects, for a day. */
export const EXPORTS_PREFIX = 'exports/';

export const exportKey = ({ id, format }: { id: string; format: ExportFormat }): string =>
  `${EXPORTS_PREFIX}${id}.${format}`;

/** Parts of which an export of customers is made. */
export const partsPrefix = (id: string): string => `${EXPORTS_PREFIX}${id}/`;

/** One part: the same page of a job's shard has the same, whoever writes it. */
export const exportPartKey = (id: string, { shard, page }: { shard: number; page: number }): string =>
  `${partsPrefix(id)}${shard}-${String(page).padStart(8, '0')}.jsonl.gz`;
