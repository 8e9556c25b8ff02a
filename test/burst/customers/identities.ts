import { CART_LEFT, CARTS, type History, order, track } from './history.ts';

/** Customers who become known, or whose profiles are merged. */
export const IDENTITIES: History[] = [
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
