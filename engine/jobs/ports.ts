import type { EpochMs } from '../../core/ids.ts';
import type { Job } from '../../core/jobs/job.ts';
import type { Cursor } from '../ports.ts';

export interface Shard {
  /** Where it goes on; absent: at the beginning. */
  cursor?: Cursor;
  isFinished: boolean;
  /** Its next page is not worked sooner, however often its messages come. */
  notBefore?: EpochMs;
}

/** Jobs, and how far each of their shards is. */
export interface JobStore {
  /** False: there is one of this id. */
  create(job: Job): Promise<boolean>;
  get(id: string): Promise<Job | undefined>;
  /** The job, and how far each of its shards is. */
  state(id: string): Promise<{ job: Job; shards: Shard[] } | undefined>;
  /** Newest first. */
  list(page: { limit: number; before?: string | undefined }): Promise<{ items: Job[]; next?: string }>;
  /** Only of one that runs; false: it does not, or has come to the same end before. */
  end(id: string, status: 'done' | 'cancelled'): Promise<boolean>;
  /** Moves on behind a page; false: another worker has. `next` undefined: the shard is finished. */
  advance(
    id: string,
    shard: number,
    from: Cursor | undefined,
    next: Cursor | undefined,
    page: { done: number; notBefore?: EpochMs | undefined },
  ): Promise<boolean>;
}
