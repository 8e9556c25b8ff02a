import * as z from 'zod';
import { CALLS } from '../../core/events/normalise.ts';

/** What the document says of Segment's calls, which `functions/ingest` serves: each under its name and under its first letter. */
export const INGESTION_PATHS = [...CALLS, 'batch'].flatMap((call) => [
  { call, path: `/v1/${call}` },
  { call, path: `/v1/${call.charAt(0)}` },
]);

export const ItemSchema = z.looseObject({
  type: z.enum(CALLS).optional().describe('of an item of a batch'),
  messageId: z.string().optional(),
  userId: z.string().optional(),
  anonymousId: z.string().optional(),
  previousId: z.string().optional().describe('of alias'),
  groupId: z.string().optional().describe('of group'),
  event: z.string().optional().describe('of track'),
  name: z.string().optional().describe('of page and screen'),
  properties: z.record(z.string(), z.unknown()).optional(),
  traits: z.record(z.string(), z.unknown()).optional(),
  context: z.record(z.string(), z.unknown()).optional(),
  timestamp: z.string().optional(),
  sentAt: z.string().optional(),
  writeKey: z.string().optional(),
});

export const BatchSchema = z.looseObject({
  batch: z.array(ItemSchema),
  context: z.record(z.string(), z.unknown()).optional(),
  sentAt: z.string().optional(),
  writeKey: z.string().optional(),
});
export const VerdictSchema = z.object({
  accepted: z.number().int(),
  rejected: z.array(
    z.object({
      index: z.number().int(),
      path: z.string().describe('JSON pointer into the whole body'),
      message: z.string(),
    }),
  ),
});
