import type { Cloud } from '../local/running-cloud.ts';
import { call, identify, track } from './api-client.ts';

type Json = Record<string, unknown>;

/** A run of one message: how its customer is known, what starts it, and the address in the outbox. */
export interface Workload {
  identifyEvent: (user: string, index: number) => Json;
  startEvent: (user: string) => Json;
  address: (user: string, index: number) => string;
}

/** The example `new-customer`: a coupon and a push message, then a wait of two days. */
export const COUPON_BY_PUSH: Workload = {
  identifyEvent: (user) => identify(user),
  startEvent: (user) => track(user, 'Signed Up'),
  address: (user) => `token-${user}`,
};

const numberOf = (index: number): string => `+86138${String(index).padStart(8, '0')}`;

/** One SMS with three variables. */
export const ONE_SMS: Workload = {
  identifyEvent: (user, index) => identify(user, { phone: numberOf(index) }),
  startEvent: (user) => track(user, 'Ordered', { sku: 'kettle', price: 168 }),
  address: (_, index) => numberOf(index),
};

export async function publishOneSms(cloud: Cloud): Promise<void> {
  await call(cloud, 'marketer', 'PUT', '/v1/templates/order', {
    class: 'transactional',
    content: { sms: { text: '{{ profile.traits.name }}: {{ data.sku }}, {{ data.price }} yuan' } },
  });
  await call(cloud, 'marketer', 'PUT', '/v1/journeys/order', {
    name: 'Order',
    owner: 'growth',
    entry: { event: 'Ordered' },
    reentry: 'always',
    start: 'confirm',
    nodes: {
      confirm: { type: 'send', template: 'order', channels: ['sms'], next: 'done' },
      done: { type: 'end' },
    },
  });
  for (const verb of ['submit', 'approve', 'publish'])
    await call(cloud, verb === 'approve' ? 'approver' : 'marketer', 'POST', `/v1/journeys/order/${verb}`);
}
