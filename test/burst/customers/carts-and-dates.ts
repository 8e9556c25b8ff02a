import { CART_LEFT, CARTS, type History, order, track } from './history.ts';

/** Customers with a cart, and journeys by dates. */
export const CARTS_AND_DATES: History[] = [
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
];
