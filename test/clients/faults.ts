import type { Fault, FaultPlan } from './faulty-proxy.ts';

/** Each request gets another mix of faults, and succeeds at its third try at the latest, which every client still makes by default. */
const PLANS: readonly FaultPlan[] = [
  [],
  ['unavailable'],
  ['lost'],
  ['reset'],
  ['rate-limited'],
  ['lost', 'unavailable'],
  ['throttled'],
  ['reset', 'lost'],
];
export const everyFault = (index: number): FaultPlan => PLANS[index % PLANS.length] ?? [];

export const FAULTS: readonly Fault[] = ['rate-limited', 'throttled', 'unavailable', 'reset', 'lost'];
