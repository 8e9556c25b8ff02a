import * as z from 'zod';
import { lazySchema } from '../lazy-schema.ts';
import { ExportSpecSchema } from './export-spec.ts';

/** Work that a job does, one item after the other. */
export const JobSpecSchema = lazySchema(() =>
  z.discriminatedUnion('kind', [
    /** Evaluates profiles by rules and timed entries that are new to them. */
    z.object({ kind: z.literal('backfill') }),
    /** Enters profiles into a journey, if they then still hold the tag or segment of its entry (`vip`, `segment:vip`). */
    z.object({ kind: z.literal('enter'), journey: z.string(), version: z.number(), rule: z.string() }),
    /** Removes profiles from a deleted list. */
    z.object({ kind: z.literal('unlist'), list: z.string() }),
    /** Removes a deleted tag from those who had it by hand. */
    z.object({ kind: z.literal('untag'), tag: z.string() }),
    /** Closes the runs of an archived journey. */
    z.object({ kind: z.literal('archive'), journey: z.string() }),
    /** Resumes the parked runs of a resumed journey. */
    z.object({ kind: z.literal('wake'), journey: z.string() }),
    /** Moves runs that rest to a newer version of their journey. `map`: where they go on there, by the node at which they rest. */
    z.object({
      kind: z.literal('migrate'),
      journey: z.string(),
      from: z.number(),
      to: z.number(),
      map: z.record(z.string(), z.string()).optional(),
    }),
    /** Sends the messages that a channel, or a journey (`journey:<id>`), held to the gate again. */
    z.object({ kind: z.literal('release'), held: z.string() }),
    /** Freezes the audience of a campaign's occurrence. */
    z.object({ kind: z.literal('collect'), campaign: z.string(), occurrence: z.string() }),
    /** Sends messages of a queue's dead-letter queue to that queue again: all that lay there when the job began, or at most `max`. */
    z.object({ kind: z.literal('redrive'), queue: z.string(), max: z.number().optional() }),
    /** Removes the state machines of versions of a journey, unless a run that has not ended is on one of them. */
    z.object({ kind: z.literal('remove-machines'), journey: z.string(), versions: z.array(z.number()) }),
    /** Counts again what messages did, as their rows recorded it on a day (UTC), and corrects the counters that are too low. */
    z.object({ kind: z.literal('recount'), day: z.string() }),
    /** Writes facts of the data lake to a file. */
    ExportSpecSchema.unwrap().extend({ kind: z.literal('export') }),
  ]),
);
export type JobSpec = z.infer<typeof JobSpecSchema>;
export type JobSpecOf<Kind extends JobSpec['kind']> = Extract<JobSpec, { kind: Kind }>;

export const JOB_STATUSES = ['running', 'done', 'failed', 'cancelled'] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];

export const JobSchema = lazySchema(() =>
  z.object({
    id: z.string(),
    work: JobSpecSchema,
    /** If the job goes through profiles: the tag, segment or list whose members it processes, or all profiles. */
    members: z.string().optional(),
    /** Parts that are processed concurrently. */
    shards: z.number().int(),
    /** Approximate rate per minute; absent: as fast as possible. */
    perMinute: z.number().int().optional(),
    status: z.enum(JOB_STATUSES),
    /** Why it has failed. */
    reason: z.string().optional(),
    at: z.number(),
    by: z.string(),
    /** Profiles, runs or messages, also of a queue, that were processed; rows of an export. */
    done: z.number(),
    /** How many it will process, as far as that is known when it begins. */
    total: z.number().int().optional(),
  }),
);
export type Job = z.infer<typeof JobSchema>;

/** Body of a message on `jobs`: continues one of the job's shards, or processes a page of each. */
export const JobMessageSchema = lazySchema(() => z.object({ job: z.string(), shard: z.number().optional() }));
export type JobMessage = z.infer<typeof JobMessageSchema>;
