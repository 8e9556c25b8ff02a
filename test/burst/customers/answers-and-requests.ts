import { type History, order, track } from './history.ts';

/** Customers who answer, ask for something, or reach a state. */
export const ANSWERS_AND_REQUESTS: History[] = [
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
    id: 'lead-engaged',
    traits: () => ({ email: 'lead@example.org' }),
    calls: () => [track('Form Submitted'), track('Report Downloaded')],
    days: () => [track('Survey Answered', { about: 'technical' })],
    journeys: ['lead-nurturing'],
    expects: [
      'run lead-nurturing answered',
      'task engineers',
      'lead-hello sent',
      'lead-cases sent',
      'lead-survey sent',
    ],
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
];
