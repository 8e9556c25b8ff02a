import * as z from 'zod';

/** What a job does, one thing after the other. */
export const JobSpecSchema = z.discriminatedUnion('kind', [
  /** Evaluates profiles by rules and calendars that are new to them. */
  z.object({ kind: z.literal('backfill') }),
  /** Lets profiles into a journey, if they then are under the rule (`vip`, `segment:vip`) that lets in. */
  z.object({ kind: z.literal('enter'), journey: z.string(), version: z.number(), rule: z.string() }),
  /** Takes profiles off a list that was deleted. */
  z.object({ kind: z.literal('unlist'), list: z.string() }),
  /** Takes a tag that was deleted off those who had it by hand. */
  z.object({ kind: z.literal('untag'), tag: z.string() }),
  /** Closes the runs of an archived journey. */
  z.object({ kind: z.literal('archive'), journey: z.string() }),
  /** Lets a resumed journey's parked runs go on. */
  z.object({ kind: z.literal('wake'), journey: z.string() }),
  /** Puts messages that a channel, or a journey (`journey:<id>`), held back before the gate. */
  z.object({ kind: z.literal('release'), held: z.string() }),
]);
export type JobSpec = z.infer<typeof JobSpecSchema>;
export type JobSpecOf<Kind extends JobSpec['kind']> = Extract<JobSpec, { kind: Kind }>;

export const JobSchema = z.object({
  id: z.string(),
  work: JobSpecSchema,
  /** Where it goes through profiles, whose: members of this tag, segment or list, or everybody. */
  members: z.string().optional(),
  /** Parts that are worked side by side. */
  shards: z.number().int(),
  /** So many of them a minute, about; absent: as fast as it goes. */
  perMinute: z.number().int().optional(),
  status: z.enum(['running', 'done', 'cancelled']),
  at: z.number(),
  by: z.string(),
  /** Profiles, runs or messages that it has come to. */
  done: z.number(),
});
export type Job = z.infer<typeof JobSchema>;

/** Body of a message on `jobs`: a job goes on with one of its shards, or begins with a page of each. */
export const JobMessageSchema = z.object({ job: z.string(), shard: z.number().optional() });
export type JobMessage = z.infer<typeof JobMessageSchema>;

/** The member key of everybody. No tag bears it: tags' ids have no `@`. */
export const ALL_PROFILES = '@all';
