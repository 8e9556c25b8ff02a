import * as z from 'zod';

/** What a job does to each profile that it comes to. */
export const WorkSchema = z.discriminatedUnion('kind', [
  /** Judges it by rules and calendars that are new to it: a backfill. */
  z.object({ kind: z.literal('backfill') }),
  /** Lets it into a journey, if it then is under the rule (`vip`, `segment:vip`) that lets in. */
  z.object({ kind: z.literal('enter'), journey: z.string(), version: z.number(), rule: z.string() }),
  /** Takes it off a list that was deleted. */
  z.object({ kind: z.literal('unlist'), list: z.string() }),
]);
export type Work = z.infer<typeof WorkSchema>;

export const JobSchema = z.object({
  id: z.string(),
  work: WorkSchema,
  /** Whom it goes through: members of this tag, segment or list, or everybody. */
  members: z.string(),
  status: z.enum(['running', 'done', 'cancelled']),
  at: z.number(),
  by: z.string(),
  /** Profiles that it has come to. */
  done: z.number(),
});
export type Job = z.infer<typeof JobSchema>;

/** Body of a message on `jobs`: a job goes on with one shard of the profiles. */
export const JobMessageSchema = z.object({ job: z.string(), shard: z.number() });
export type JobMessage = z.infer<typeof JobMessageSchema>;

/** The member key of everybody. No tag bears it: tags' ids have no `@`. */
export const EVERYBODY = '@all';
