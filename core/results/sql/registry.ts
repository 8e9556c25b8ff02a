import { answers } from './answers.ts';
import { attribution } from './attribution.ts';
import { converters } from './converters.ts';
import { counts } from './counts.ts';
import { couponRevenue } from './coupon-revenue.ts';
import { customers } from './customers.ts';
import { funnel } from './funnel.ts';
import { goalShare } from './goal-shares.ts';
import { goalFigure, goalPeople, goalStates } from './goals.ts';
import { hours } from './hours.ts';
import { paths } from './paths.ts';
import type { NamedQuery } from './question.ts';
import { report } from './report.ts';

/** Questions that `query-facts` answers. A new one is a file here and a line. */
export const QUERIES: Readonly<Record<string, NamedQuery>> = {
  answers,
  attribution,
  converters,
  counts,
  'coupon-revenue': couponRevenue,
  customers,
  funnel,
  'goal-figure': goalFigure,
  'goal-people': goalPeople,
  'goal-share': goalShare,
  'goal-states': goalStates,
  hours,
  paths,
  report,
};
