import type { EpochMs } from '../../core/ids.ts';
import type { Cursor } from '../ports.ts';

/** The queue that a wake's message is put on goes by its kind: a new kind is a line here, and its queue in `dispatch-due`. */
export type WakeKind = 'opening' | 'campaign' | 'report-mail';

/** A message to send at an instant at which no customer and no run is due. Its id says what is to be done and when: there is one wake of an id. */
export interface Wake {
  kind: WakeKind;
  id: string;
  at: EpochMs;
  body: Record<string, unknown>;
}

/** `dispatch-due` dispatches what falls due within this time: one minute between calls, and time for a late one. */
export const WAKES_AHEAD_MS = 150_000;

export interface Wakes {
  /**
   * There will be such a wake, at least `WAKES_AHEAD_MS` before its instant: what falls due sooner may be missed by the next call of `dispatch-due`.
   * It is a write the first time only.
   */
  set(wake: Wake): Promise<void>;
  /** Those that are to be dispatched by then, page by page. */
  dueBefore(
    before: EpochMs,
    page: { limit: number; cursor?: Cursor | undefined },
  ): Promise<{ wakes: Wake[]; next?: Cursor }>;
  /** The message was put on its queue. If nobody reports it done, it is dispatched again then. */
  dispatched(wake: Wake, again: EpochMs): Promise<void>;
  /** Ends a wake whose work has been done. */
  done(kind: WakeKind, id: string): Promise<void>;
}
