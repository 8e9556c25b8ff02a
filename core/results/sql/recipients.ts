import type { EpochMs } from '../../ids.ts';
import { dayOfInstant, namedQuery } from './question.ts';

/** How many people were sent something, or could not be, between two instants. */
export interface RecipientsQuestion {
  query: 'recipients';
  scope: 'campaign' | 'journey' | 'channel' | 'template';
  id: string;
  from: EpochMs;
  /** Not included. */
  to: EpochMs;
}
export interface Recipients {
  recipients: number;
}

export const recipients = namedQuery<RecipientsQuestion>({
  days: ({ from, to }) => ({ from: dayOfInstant(from), to: dayOfInstant(to) }),
  statement: ({ scope, id, from, to }) => ({
    sql: `SELECT count(DISTINCT profile) AS recipients FROM facts AS f
      WHERE f."of" = 'message' AND f.metric IN ('sent', 'suppressed', 'failed', 'unknown')
        AND f."${scope}" = $1 AND f."at" >= $2 AND f."at" < $3`,
    parameters: [id, from, to],
  }),
});
