import { ANSWERS_AND_REQUESTS } from './customers/answers-and-requests.ts';
import { CARTS_AND_DATES } from './customers/carts-and-dates.ts';
import type { History } from './customers/history.ts';
import { IDENTITIES } from './customers/identities.ts';
import { WINDOWS } from './customers/windows.ts';

export const HISTORIES: History[] = [...CARTS_AND_DATES, ...ANSWERS_AND_REQUESTS, ...IDENTITIES, ...WINDOWS];
