import type { CheckView } from '../definitions/check-view.ts';
import type { Issue } from '../definitions/definition.ts';
import type { Settings } from '../definitions/settings.ts';
import { eventOfGoal } from '../goals/reach.ts';
import type { EpochMs } from '../ids.ts';
import { instantOf } from '../time/local.ts';
import { firstOccurrence } from './occurrence-times.ts';
import { type Campaign, contestantsOf, templatesOf } from './schema.ts';

/** Checks at PUT: what no submission could mend. */
export function checkShape(campaign: Campaign): Issue[] {
  const { template, variants, winner } = campaign;
  const names = (variants ?? []).map(({ name }) => name);
  return [
    ...(variants ?? []).flatMap((variant, index): Issue[] => [
      ...(names.indexOf(variant.name) < index
        ? [{ path: `/variants/${index}/name`, message: `${variant.name} is there twice` }]
        : []),
      ...(variant.template === undefined && template === undefined
        ? [{ path: `/variants/${index}/template`, message: 'needs a template, or the campaign does' }]
        : []),
    ]),
    ...(variants === undefined && template === undefined ? [{ path: '/template', message: 'needs a template' }] : []),
    ...(winner !== undefined && variants === undefined
      ? [{ path: '/winner', message: 'needs variants to choose from' }]
      : []),
  ];
}

/** Checks at submit: what cannot work as the settings and templates are now. */
export function checkSubmission(campaign: Campaign, view: CheckView, settings: Pick<Settings, 'money'>): Issue[] {
  const { budget, winner, pilot } = campaign;
  const shared = contestantsOf(campaign);
  const { currency } = settings.money;
  return [
    ...checkShape(campaign),
    ...missingChannels(campaign, view),
    ...(winner !== undefined && pilot !== undefined
      ? [{ path: '/winner', message: 'goes without a pilot: the sample is one' }]
      : []),
    ...(winner !== undefined && shared.length < 2
      ? [
          {
            path: '/winner',
            message: 'needs two variants without `if` to choose from: whoever an `if` is true of keeps that variant',
          },
        ]
      : []),
    ...(shared.length > 0 && shared.every(({ weight }) => weight === 0)
      ? [{ path: '/variants', message: 'needs a variant with a weight' }]
      : []),
    ...(budget !== undefined && budget.currency !== currency
      ? [{ path: '/budget/currency', message: `must be the settings' currency ${currency}` }]
      : []),
    ...(winner?.by === 'revenue' ? revenueFaults(campaign, settings) : []),
    ...pastInstant(campaign, view.now),
  ];
}

/** A winner by revenue needs a goal that is an order. */
function revenueFaults({ goal }: Campaign, { money }: Pick<Settings, 'money'>): Issue[] {
  const path = '/winner/by';
  if (goal === undefined) return [{ path, message: 'needs a goal: revenue is that of the goal’s orders' }];
  const named = eventOfGoal(goal);
  if (named === undefined)
    return [{ path, message: 'needs a goal that is an order: a tag or a figure has no revenue' }];
  return money.revenue.some(({ event }) => event === named)
    ? []
    : [{ path, message: `needs a goal that is an order: settings.money.revenue does not name ${named}` }];
}

/** Also at publish: times that are over. With `customer`, `late` says what happens while they are not over everywhere. */
export function pastInstant({ at }: Campaign, now: EpochMs): Issue[] {
  if (typeof at === 'string') return [];
  if ('every' in at || at.timezone === 'customer') {
    if (firstOccurrence(at, now) !== undefined) return [];
    return 'every' in at
      ? [{ path: '/at/until', message: 'none of its days is left until then' }]
      : [{ path: '/at/time', message: 'has passed in every timezone' }];
  }
  const instant = instantOf(at.time.slice(0, 10), at.time.slice(11), at.timezone);
  return instant >= now ? [] : [{ path: '/at/time', message: `has passed in ${at.timezone}` }];
}

function missingChannels(campaign: Campaign, view: CheckView): Issue[] {
  return templatesOf(campaign).flatMap((template) => {
    const there = view.channelsOf(template);
    if (there === undefined) return [];
    return (campaign.channels ?? []).flatMap((channel, index) =>
      there.includes(channel)
        ? []
        : [{ path: `/channels/${index}`, message: `template ${template} has no content for ${channel}` }],
    );
  });
}
