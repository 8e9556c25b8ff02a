import { durationMs } from '../core/time/duration.ts';
import { identify, track } from './api-client.ts';

type Json = Record<string, unknown>;

/** Customers who go through an example journey to its end without any reply. */
export interface Life {
  /** In `examples/journeys/`. */
  journey: string;
  /** Calls that introduce the customer before the run starts. */
  met: (userId: string, index: number) => Json[];
  /** Start of the run: an event, or time alone. */
  begins: { event: string; properties?: Json } | { afterMs: number };
  /** Time from then to the run's end, and the messages that reach a provider meanwhile. */
  lastsMs: number;
  messages: number;
}

const numbered = (index: number): Json => ({ phone: `+86138${String(index).padStart(8, '0')}` });

/** They start on 2026-11-02, 09:00 in Shanghai. */
export const LIVES: Life[] = [
  {
    journey: 'new-customer',
    met: (user) => [identify(user)],
    begins: { event: 'Signed Up' },
    lastsMs: durationMs('80h'),
    messages: 2,
  },
  {
    journey: 'cart-abandoned',
    met: (user) => [identify(user)],
    begins: { event: 'Product Added', properties: { cart_id: 'cart-1' } },
    lastsMs: durationMs('4d'),
    messages: 2,
  },
  {
    journey: 'wake-up',
    met: (user, index) => [identify(user, numbered(index)), track(user, 'Logged In')],
    begins: { afterMs: durationMs('29d') },
    lastsMs: durationMs('9d'),
    messages: 2,
  },
  {
    journey: 'birthday',
    met: (user) => [identify(user, { birthday: '1990-11-10' })],
    begins: { afterMs: durationMs('23h') },
    lastsMs: durationMs('6d'),
    messages: 2,
  },
];
