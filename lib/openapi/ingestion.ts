import * as z from 'zod';
import { CALL_OF_PATH, CALLS } from '../../core/events/calls.ts';

/** Paths that `functions/ingest` serves, each also with a slash at the end. */
export const INGESTION_PATHS = [...CALL_OF_PATH].map(([word, call]) => ({ call, path: `/v1/${word}` }));
export const SETTINGS_PATH = '/v1/projects/{writeKey}/settings';

export const ItemSchema = z.looseObject({
  type: z.enum(CALLS).optional().describe('of an item of a batch'),
  messageId: z.string().optional(),
  userId: z.string().optional(),
  anonymousId: z.string().optional(),
  previousId: z.string().optional().describe('of alias'),
  groupId: z.string().optional().describe('of group'),
  event: z.string().optional().describe('of track'),
  name: z.string().optional().describe('of page and screen'),
  category: z.string().optional().describe('of page and screen'),
  properties: z.record(z.string(), z.unknown()).optional(),
  traits: z.record(z.string(), z.unknown()).optional(),
  context: z.record(z.string(), z.unknown()).optional(),
  timestamp: z.string().optional(),
  originalTimestamp: z.string().optional().describe('read where timestamp is absent'),
  sentAt: z.string().optional(),
  writeKey: z.string().optional(),
});

export const BatchSchema = z.looseObject({
  batch: z.array(ItemSchema),
  context: z.record(z.string(), z.unknown()).optional(),
  sentAt: z.string().optional(),
  writeKey: z.string().optional(),
});
const NoteSchema = z.object({
  index: z.number().int(),
  path: z.string().describe('JSON pointer into the whole body'),
  message: z.string(),
});
export const VerdictSchema = z.object({
  success: z.literal(true),
  accepted: z.number().int(),
  rejected: z.array(NoteSchema),
  warnings: z.array(NoteSchema).optional().describe('of accepted items that may have less effect than they ask for'),
});

/** The settings that clients read, in the form of Segment's CDN. */
export const SourceSettingsSchema = z.looseObject({
  integrations: z.object({
    'Segment.io': z.looseObject({ apiKey: z.string(), apiHost: z.string().describe('host and path to post to') }),
  }),
});
