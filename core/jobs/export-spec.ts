import * as z from 'zod';
import { lazySchema } from '../lazy-schema.ts';

export const EXPORT_FORMATS = ['csv', 'jsonl', 'parquet'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export const EXPORTED = ['messages', 'conversions'] as const;

const SCOPES = ['campaign', 'journey', 'channel', 'template'] as const;

/** What an export has: facts of messages, or conversions, that belong to a period by the sending of their message. */
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

/** Where exports lie in the bucket of objects, for a day. */
export const EXPORTS_PREFIX = 'exports/';

export const exportKey = ({ id, format }: { id: string; format: ExportFormat }): string =>
  `${EXPORTS_PREFIX}${id}.${format}`;
