import highValueActive from '../../../examples/segments/high-value-active.json' with { type: 'json' };
import sleepers from '../../../examples/segments/sleepers.json' with { type: 'json' };
import atRisk from '../../../examples/tags/at-risk.json' with { type: 'json' };
import frequentBuyer from '../../../examples/tags/frequent-buyer.json' with { type: 'json' };
import interestedInCategory from '../../../examples/tags/interested-in-category.json' with { type: 'json' };
import leadEngaged from '../../../examples/tags/lead-engaged.json' with { type: 'json' };
import leadNurturing from '../../../examples/tags/lead-nurturing.json' with { type: 'json' };
import leadQualified from '../../../examples/tags/lead-qualified.json' with { type: 'json' };
import lifecycleActive from '../../../examples/tags/lifecycle-active.json' with { type: 'json' };
import lifecycleLapsed from '../../../examples/tags/lifecycle-lapsed.json' with { type: 'json' };
import lifecycleLapsing from '../../../examples/tags/lifecycle-lapsing.json' with { type: 'json' };
import lifecycleNew from '../../../examples/tags/lifecycle-new.json' with { type: 'json' };
import potential from '../../../examples/tags/potential.json' with { type: 'json' };
import prefersCategory from '../../../examples/tags/prefers-category.json' with { type: 'json' };
import sleeping from '../../../examples/tags/sleeping.json' with { type: 'json' };
import vip from '../../../examples/tags/vip.json' with { type: 'json' };
import { type LibraryEntry, segment, tag } from './entry.ts';

/** The ready-made library by name; the name is also the id of an installed entry. To add one: add a file in `examples/` and a line here. */
export const LIBRARY: ReadonlyMap<string, LibraryEntry> = new Map([
  // Tiers
  [
    'high-value-active',
    segment(highValueActive, 'At least 2 orders in 30 days, of 500 on average: the audience of what is new and dear', {
      within: '/if/within',
      orders: '/if/count/gte',
      average: '/if/avg/gte',
    }),
  ],
  ['frequent-buyer', tag(frequentBuyer, { within: '/if/within', orders: '/if/count/gte' })],
  [
    'potential',
    tag(potential, {
      within: '/if/within',
      fewestOrders: '/if/count/gte',
      mostOrders: '/if/count/lte',
      averageBelow: '/if/avg/lt',
    }),
  ],
  [
    'prefers-category',
    tag(prefersCategory, { category: '/if/where/category', within: '/if/within', count: '/if/count/gte' }),
  ],
  ['at-risk', tag(atRisk, { lastOrder: '/if/all/0/last/olderThan', seenWithin: '/if/all/1/within' })],
  // The number of repurchases is no parameter: with the first order it makes two numbers of the rule.
  [
    'vip',
    tag(vip, {
      spent: '/if/all/0/sum/gte',
      spentWithin: '/if/all/0/within',
      repurchasesWithin: '/if/all/1/within',
    }),
  ],
  // Interests
  [
    'interested-in-category',
    tag(interestedInCategory, {
      category: ['/if/any/0/where/category', '/if/any/1/where/category'],
      within: ['/if/any/0/within', '/if/any/1/within'],
      seconds: '/if/any/0/where/seconds/gte',
    }),
  ],
  // Stages
  ['lifecycle-new', tag(lifecycleNew, { newerThan: '/if/newerThan' })],
  ['lifecycle-active', tag(lifecycleActive, { within: '/if/all/0/within' })],
  ['lifecycle-lapsing', tag(lifecycleLapsing, { quietFor: '/if/last/olderThan', lapsedAfter: '/if/last/newerThan' })],
  ['lifecycle-lapsed', tag(lifecycleLapsed, { quietFor: '/if/last/olderThan' })],
  ['sleeping', tag(sleeping, { quietFor: '/if/last/olderThan' })],
  ['sleepers', segment(sleepers, 'Sleeping but not lapsed: the audience of wake-up campaigns')],
  // Leads
  ['lead-qualified', tag(leadQualified, { budget: '/if/all/0/gte', decisionMonths: '/if/all/1/lte' })],
  ['lead-engaged', tag(leadEngaged, { within: ['/if/all/0/within', '/if/all/1/within'] })],
  ['lead-nurturing', tag(leadNurturing, {})],
]);
