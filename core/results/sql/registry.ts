import { counts } from './counts.ts';
import { hours } from './hours.ts';
import type { NamedQuery } from './question.ts';
import { recipients } from './recipients.ts';

/** What `query-facts` can be asked: a new question is a file here and a line. */
export const QUERIES: Readonly<Record<string, NamedQuery>> = { counts, hours, recipients, report };
