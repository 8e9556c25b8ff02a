import { answers } from './answers.ts';
import { attribution } from './attribution.ts';
import { converters } from './converters.ts';
import { counts } from './counts.ts';
import { couponRevenue } from './coupon-revenue.ts';
import { customers } from './customers.ts';
import { funnel } from './funnel.ts';
import { goalFigure, goalPeople, goalStates } from './goals.ts';
import { hours } from './hours.ts';
import type { NamedQuery } from './question.ts';
import { recipients } from './recipients.ts';
import { report } from './report.ts';

/** What `query-facts` can be asked: a new question is a file here and a line. */
export const QUERIES: Readonly<Record<string, NamedQuery>> = {
  counts,
  funnel,
  hours,
  recipients,
  report,
  answers,
  attribution,
  converters,
  'coupon-revenue': couponRevenue,
  customers,
  'goal-figure': goalFigure,
  'goal-people': goalPeople,
  'goal-states': goalStates,
};
