import type { EpochMs } from '../../core/ids.ts';
import type { Job, JobStatus } from '../../core/jobs/job.ts';
import type { Cursor } from '../ports.ts';

export interface Shard {
  /** Cursor of the next page; absent: the first page. */
  cursor?: Cursor;
  isFinished: boolean;
  /** The next page is not processed before this instant, however often its messages arrive. */
  notBefore?: EpochMs;
}

/** Jobs, and the progress of their shards. */
export interface JobStore {
  /** Creates a job. Returns false if one with this id exists. */
  create(job: Job): Promise<boolean>;
  get(id: string): Promise<Job | undefined>;
  /** Returns the job and the state of each shard. */
  state(id: string): Promise<{ job: Job; shards: Shard[] } | undefined>;
  /** Newest first. */
  list(page: { limit: number; before?: string | undefined }): Promise<{ items: Job[]; next?: string }>;
  /** Ends a running job; `reason`: why it has failed. Returns false if it is not running, or has ended in the same way before. */
  end(id: string, status: Exclude<JobStatus, 'running'>, reason?: string): Promise<boolean>;
  /** Advances a shard after a page. Returns false if another worker has. `next` undefined: the shard is finished. */
  advance(
    id: string,
    shard: number,
    from: Cursor | undefined,
    next: Cursor | undefined,
    page: { done: number; notBefore?: EpochMs | undefined },
  ): Promise<boolean>;
}
