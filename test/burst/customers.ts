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

const track = (event: string, properties: Record<string, unknown> = {}, more: Record<string, unknown> = {}): Call => ({
  type: 'track',
  event,
  properties,
  ...more,
});
const order = (name: string, properties: Record<string, unknown> = {}, more: Record<string, unknown> = {}): Call =>
  track('Order Completed', { order_id: `${name}-o`, total: 50, ...properties }, more);
const CARTS = ['cart-abandoned', 'several-carts'];
/** Results of a cart without an order. */
const CART_LEFT = [
  'run cart-abandoned reminded',
  'run several-carts reminded',
  'cart-reminder sent',
  'cart-last-call sent',
  'cart-still-there sent',
  'code cart-30',
];

export const HISTORIES: History[] = [
  {
    id: 'sign-up',
    calls: (name) => [track('Signed Up'), order(name)],
    journeys: ['new-customer'],
    expects: [
      'run new-customer welcomed',
      'welcome-coupon sent',
      'tutorial sent',
      'task customer-service',
      'code welcome-50',
    ],
  },
  {
    id: 'cart-ordered',
    calls: (name) => [track('Product Added', { cart_id: name }), order(name, { cart_id: name })],
    journeys: CARTS,
    expects: ['run cart-abandoned ordered', 'run several-carts ordered'],
  },
  {
    id: 'cart-left',
    calls: (name) => [
      track('Product Added', { cart_id: name }),
      track('Product Added', { cart_id: name }),
      track('Product Viewed', { sku: 'a' }),
    ],
    journeys: CARTS,
    expects: CART_LEFT,
  },
  {
    id: 'two-carts',
    calls: (name) => [
      track('Product Added', { cart_id: `${name}-1` }),
      track('Product Added', { cart_id: `${name}-2` }),
      order(name, { cart_id: `${name}-2` }),
    ],
    journeys: CARTS,
    expects: [
      'run cart-abandoned ordered',
      'run cart-abandoned reminded',
      'run several-carts ordered',
      'run several-carts reminded',
      'cart-reminder sent',
      'cart-last-call sent',
      'cart-still-there sent',
      'code cart-30',
    ],
  },
  {
    id: 'trial-subscribed',
    traits: (dateIn) => ({ trialEndsOn: dateIn(10) }),
    calls: () => [track('Trial Started'), track('Subscription Started')],
    journeys: ['trial-expiry'],
    expects: ['run trial-expiry subscribed'],
  },
  {
    id: 'trial',
    lasts: 20,
    traits: (dateIn) => ({ trialEndsOn: dateIn(10) }),
    calls: () => [track('Trial Started')],
    journeys: ['trial-expiry'],
    expects: ['run trial-expiry lapsed', 'trial-ending sent', 'trial-over sent'],
  },
  {
    id: 'webinar-cancelled',
    traits: (dateIn) => ({ webinar: { startsAt: `${dateIn(5)}T07:00:00Z` } }),
    calls: (name) => [
      track('Webinar Booked', { webinar_id: name, title: 'Tea' }),
      track('Webinar Cancelled', { webinar_id: name }),
    ],
    journeys: ['webinar'],
    expects: ['run webinar cancelled'],
  },
  {
    id: 'webinar',
    traits: (dateIn) => ({ webinar: { startsAt: `${dateIn(5)}T07:00:00Z` } }),
    calls: (name) => [
      track('Webinar Booked', { webinar_id: name, title: 'Tea' }),
      track('Webinar Attended', { webinar_id: name }),
    ],
    journeys: ['webinar'],
    expects: ['run webinar attended', 'webinar-tomorrow sent', 'webinar-soon sent'],
  },
  {
    id: 'renewal',
    lasts: 10,
    traits: (dateIn) => ({ renewsOn: dateIn(31) }),
    calls: () => [track('Product Viewed', { sku: 'a' })],
    days: () => [track('Subscription Renewed')],
    journeys: ['renewal'],
    expects: ['run renewal renewed', 'renewal-month sent'],
  },
  {
    id: 'renewal-moved',
    lasts: 40,
    traits: (dateIn) => ({ renewsOn: dateIn(31) }),
    calls: (_name, dateIn) => [{ type: 'identify', traits: { renewsOn: dateIn(37) } }],
    journeys: ['renewal'],
    expects: ['run renewal reminded', 'renewal-month sent', 'renewal-week sent', 'renewal-day sent', 'task renewals'],
  },
  {
    id: 'lead',
    lasts: 15,
    calls: () => [{ type: 'identify', traits: { budget: 200_000, decisionMonths: 2 } }],
    days: () => [track('Meeting Booked', { on: '2026-12-01' })],
    journeys: ['lead-hand-off'],
    expects: ['run lead-hand-off meeting', 'task consultants', 'task sales-leads', 'lead-write sent'],
  },
  {
    id: 'lead-off',
    calls: () => [{ type: 'identify', traits: { budget: 200_000, decisionMonths: 2 } }],
    hour: () => [{ type: 'identify', traits: { decisionMonths: 12 } }],
    journeys: ['lead-hand-off'],
    expects: ['run lead-hand-off no longer qualified', 'task consultants'],
  },
  {
    id: 'lapsed',
    lasts: 40,
    calls: (name) => [order(`${name}-1`, {}, { daysAgo: 70 }), order(`${name}-2`, {}, { daysAgo: 65 })],
    journeys: ['win-back', 'wake-up'],
    expects: [
      [
        'run win-back not won back',
        'win-back-offer sent',
        'win-back-last sent',
        'code win-back',
        'run wake-up not-woken',
        'wake-coupon sent',
        'wake-reminder sent',
        'code wake-20',
      ],
      ['run win-back not won back', 'run wake-up not-woken', 'wake-coupon sent', 'wake-reminder sent', 'code wake-20'],
    ],
  },
  {
    id: 'sleeping-woken',
    lasts: 45,
    calls: () => [track('Logged In', {}, { daysAgo: 31 })],
    hour: (name) => [track('Product Viewed', { sku: 'a', seconds: 200 }), order(name)],
    journeys: [],
    // Thirty days after the order they sleep again.
    expects: [
      'wake-coupon sent',
      'wake-reminder sent',
      'code wake-20',
      'wake-coupon sent',
      'wake-reminder sent',
      'code wake-20',
      'run wake-up woken',
    ],
  },
  {
    id: 'nps',
    lasts: 12,
    calls: (name) => [track('Order Delivered', { order_id: name })],
    journeys: ['nps'],
    expects: ['run nps no answer', 'nps-survey sent'],
  },
  {
    id: 'nps-answered',
    lasts: 8,
    calls: (name) => [track('Order Delivered', { order_id: name })],
    days: (name) => [track('NPS Answered', { order_id: name, score: 3 })],
    journeys: ['nps'],
    expects: ['run nps detractor', 'nps-survey sent', 'task customer-service'],
  },
  {
    id: 'nps-two',
    lasts: 12,
    calls: (name) => [
      track('Order Delivered', { order_id: `${name}-1` }),
      track('Order Delivered', { order_id: `${name}-2` }),
    ],
    journeys: ['nps'],
    expects: ['run nps no answer', 'nps-survey sent', 'run nps no answer', 'nps-survey suppressed rolling-cap'],
  },
  {
    id: 'stock',
    calls: (name) => [
      track('Back In Stock Requested', { sku: name, name: 'Kettle' }),
      track('Product Restocked', { sku: name, left: 2 }),
    ],
    journeys: ['back-in-stock'],
    expects: ['run back-in-stock notified', 'back-in-stock sent', 'back-in-stock-few sent'],
  },
  {
    id: 'stock-ordered',
    calls: (name) => [track('Back In Stock Requested', { sku: name }), order(name, { sku: name })],
    journeys: ['back-in-stock'],
    expects: ['run back-in-stock ordered'],
  },
  {
    id: 'onboarding',
    calls: (name) => [track('Workspace Created', { workspace_id: name, plan: 'team' })],
    journeys: ['onboarding', 'onboarding-tips'],
    expects: [
      'run onboarding alone',
      'run onboarding-tips notified',
      'onboarding-hello sent',
      'onboarding-invite sent',
      'task customer-service',
    ],
  },
  {
    id: 'onboarding-invited',
    calls: (name) => [track('Workspace Created', { workspace_id: name, plan: 'team' })],
    hour: (name) => [track('Colleague Invited', { workspace_id: name })],
    journeys: ['onboarding', 'onboarding-tips'],
    expects: ['run onboarding active', 'run onboarding-tips invited', 'onboarding-hello sent'],
  },
  {
    id: 'onboarding-at-once',
    calls: (name) => [
      track('Workspace Created', { workspace_id: name, plan: 'team' }),
      track('Colleague Invited', { workspace_id: name }),
    ],
    journeys: ['onboarding', 'onboarding-tips'],
    expects: ['run onboarding active', 'run onboarding-tips invited', 'onboarding-hello sent'],
  },
  {
    id: 'price',
    calls: () => [track('Price Dropped', { percent: 12, sku: 'a', name: 'Kettle' })],
    journeys: ['price-drop'],
    expects: ['run price-drop notified', 'price-drop sent'],
  },
  {
    id: 'price-two',
    calls: () => [
      track('Price Dropped', { percent: 12, sku: 'a', name: 'Kettle' }),
      track('Price Dropped', { percent: 20, sku: 'b', name: 'Teapot' }),
    ],
    journeys: ['price-drop'],
    // The audience refuses the second entry if the first message has been sent already; otherwise the cap does.
    expects: [
      ['run price-drop notified', 'price-drop sent'],
      ['run price-drop notified', 'price-drop sent', 'run price-drop notified', 'price-drop suppressed rolling-cap'],
    ],
  },
  {
    id: 'refund',
    calls: (name) => [
      track('Refund Requested', { order_id: name, amount: 12 }),
      track('Refund Paid', { order_id: name, amount: 12 }),
    ],
    journeys: ['refund'],
    expects: ['run refund refunded', 'refund-received sent', 'refund-paid sent', 'refund-sorry sent'],
  },
  {
    id: 'refund-rejected',
    calls: (name) => [
      track('Refund Requested', { order_id: name, amount: 12 }),
      track('Refund Rejected', { order_id: name }),
    ],
    journeys: ['refund'],
    expects: ['run refund rejected', 'refund-received sent', 'task customer-service'],
  },
  {
    id: 'gold',
    lasts: 130,
    calls: (name) => [order(name, { total: 6000 })],
    journeys: ['membership-up', 'membership-down'],
    expects: [
      'run membership-up gold',
      'run membership-down down',
      'gold-welcome sent',
      'gold-benefits sent',
      'gold-lost sent',
    ],
  },
  {
    id: 'birthday',
    lasts: 10,
    traits: (dateIn) => ({ birthday: dateIn(9).replace(/^\d{4}/, '1990') }),
    calls: () => [track('Product Viewed', { sku: 'a' })],
    journeys: ['birthday'],
    expects: ['run birthday congratulated', 'birthday-gift sent', 'birthday-reminder sent', 'code birthday'],
  },
  {
    id: 'deal',
    calls: (name) => [track('Deal Opened', { deal_id: name })],
    journeys: ['deal', 'after'],
    expects: ['run deal notified', 'run after ended', 'task sales', 'task after', 'webhook'],
  },
  {
    id: 'anonymous-ordered',
    isStranger: true,
    calls: (name) => [
      { type: 'page', userId: undefined, anonymousId: `${name}-a`, name: 'Home' },
      track('Product Added', { cart_id: name }, { userId: undefined, anonymousId: `${name}-a` }),
      { type: 'identify', anonymousId: `${name}-a`, traits: { name } },
      order(name, { cart_id: name }),
    ],
    journeys: CARTS,
    expects: ['run cart-abandoned ordered', 'run several-carts ordered'],
  },
  {
    id: 'anonymous-left',
    isStranger: true,
    calls: (name) => [
      { type: 'page', userId: undefined, anonymousId: `${name}-a`, name: 'Home' },
      track('Product Added', { cart_id: name }, { userId: undefined, anonymousId: `${name}-a` }),
      { type: 'identify', anonymousId: `${name}-a`, traits: { name } },
      { type: 'page', name: 'Cart' },
    ],
    journeys: CARTS,
    expects: CART_LEFT,
  },
  {
    id: 'two-devices',
    calls: (name) => [
      track('Product Added', { cart_id: name }, { userId: undefined, anonymousId: `${name}-a` }),
      track('Product Added', { cart_id: name }),
      { type: 'identify', anonymousId: `${name}-a`, traits: { name } },
    ],
    journeys: CARTS,
    // In one batch the merge comes first, and there is one run.
    expects: [
      [
        'run cart-abandoned merged',
        'run several-carts merged',
        'run cart-abandoned reminded',
        'run several-carts reminded',
        'cart-reminder sent',
        'cart-last-call sent',
        'cart-still-there sent',
        'code cart-30',
      ],
      [
        'run cart-abandoned reminded',
        'run several-carts reminded',
        'cart-reminder sent',
        'cart-last-call sent',
        'cart-still-there sent',
        'code cart-30',
      ],
    ],
  },
  {
    id: 'alias',
    isStranger: true,
    calls: (name) => [
      { type: 'identify', userId: `${name}-old`, traits: { name } },
      track('Signed Up', {}, { userId: `${name}-old` }),
      { type: 'alias', previousId: `${name}-old` },
      { type: 'page', name: 'Home' },
    ],
    journeys: ['new-customer'],
    expects: [
      'run new-customer welcomed',
      'welcome-coupon sent',
      'tutorial sent',
      'task customer-service',
      'code welcome-50',
    ],
  },
];
