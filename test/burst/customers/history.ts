/** One call that a client makes for a customer. */
export interface Call {
  type: 'identify' | 'track' | 'page' | 'alias';
  /** Whole days before now; without it, some seconds ago. */
  daysAgo?: number;
  /** Further fields of the message. */
  [field: string]: unknown;
}

/** The date so many days after the burst. */
export type DateIn = (days: number) => string;

/** History of one kind of customer, and the results of the example journeys for it. */
export interface History {
  id: string;
  /** Traits of the first `identify`. */
  traits?: (dateIn: DateIn) => Record<string, unknown>;
  /** All calls that are posted at once, in the client's order, with the customer's name if they need an id of their own. */
  calls: (name: string, dateIn: DateIn) => Call[];
  /** Calls an hour later, and four days later. */
  hour?: (name: string) => Call[];
  days?: (name: string) => Call[];
  /** Journeys whose runs are compared, beside the templates, task queues and coupon pools in `expects`. */
  journeys: string[];
  /** Expected results, each exactly once; or several such lists, one of which must match. */
  expects: string[] | string[][];
  /** Days after which nothing happens any more; absent: 8. */
  lasts?: number;
  /** The customer is anonymous at first, or has another id: no `identify` comes before the calls. */
  isStranger?: true;
}

export const track = (
  event: string,
  properties: Record<string, unknown> = {},
  more: Record<string, unknown> = {},
): Call => ({
  type: 'track',
  event,
  properties,
  ...more,
});
export const order = (
  name: string,
  properties: Record<string, unknown> = {},
  more: Record<string, unknown> = {},
): Call => track('Order Completed', { order_id: `${name}-o`, total: 50, ...properties }, more);
export const CARTS = ['cart-abandoned', 'several-carts'];
/** Results of a cart without an order. */
export const CART_LEFT = [
  'run cart-abandoned reminded',
  'run several-carts reminded',
  'cart-reminder sent',
  'cart-last-call sent',
  'cart-still-there sent',
  'code cart-30',
];
