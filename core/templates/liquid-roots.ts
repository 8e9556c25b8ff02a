import { liquidVariables } from './liquid.ts';

/** Variables of every Liquid text; templates also have `blocks` and `unsubscribeUrl`. */
const JOURNEY_ROOTS = ['profile', 'data', 'event', 'coupon'] as const;
const TEMPLATE_ROOTS = [...JOURNEY_ROOTS, 'blocks', 'unsubscribeUrl'] as const;

/** Names that other systems use for Cairn's variables. */
const OTHER_NAMES = new Map(
  Object.entries({
    attributes: 'profile',
    contact: 'profile',
    customer: 'profile',
    customers: 'profile',
    people: 'profile',
    person: 'profile',
    recipient: 'profile',
    subscriber: 'profile',
    traits: 'profile',
    user: 'profile',
    entry: 'event',
    event_properties: 'event',
    payload: 'event',
    properties: 'event',
    trigger: 'event',
    code: 'coupon.code',
    voucher: 'coupon',
    unsubscribe: 'unsubscribeUrl',
    unsubscribe_link: 'unsubscribeUrl',
    unsubscribe_url: 'unsubscribeUrl',
  }),
);

/** Returns the fault in a template's variables, or undefined if there is none. */
export const unknownTemplateVariable = (source: string): string | undefined => unknownVariable(source, TEMPLATE_ROOTS);
/** Returns the fault in the variables of a journey's own string, or undefined if there is none. */
export const unknownJourneyVariable = (source: string): string | undefined => unknownVariable(source, JOURNEY_ROOTS);

/** Returns the first variable whose root can never exist, with the nearest name that can. */
function unknownVariable(source: string, roots: readonly string[]): string | undefined {
  for (const path of liquidVariables(source)) {
    const [root = '', ...rest] = path.split(/(?=[.[])/);
    if (roots.includes(root)) continue;
    return `there is no variable ${path}: did you mean ${nearest(root, rest.join(''), roots)}? (there are ${roots.join(', ')})`;
  }
  return undefined;
}

function nearest(root: string, rest: string, roots: readonly string[]): string {
  const lower = root.toLowerCase();
  const known = OTHER_NAMES.get(lower);
  if (known !== undefined && roots.includes(known.split('.')[0] ?? '')) return known + rest;
  const similar = roots.find((one) => isSimilar(one.toLowerCase(), lower));
  return similar === undefined ? `profile.${root}${rest}` : similar + rest;
}

/** Whether the names differ by at most one letter added, removed or changed, two letters swapped, or a plural. */
function isSimilar(one: string, other: string): boolean {
  if (Math.abs(one.length - other.length) > 1) return false;
  let start = 0;
  while (start < one.length && one[start] === other[start]) start += 1;
  let end = 0;
  while (end < Math.min(one.length, other.length) - start && one.at(-1 - end) === other.at(-1 - end)) end += 1;
  const [left, right] = [one.length - start - end, other.length - start - end];
  return Math.max(left, right) <= 1 || (left === 2 && right === 2 && one[start] === other[start + 1]);
}
