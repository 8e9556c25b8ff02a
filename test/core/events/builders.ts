import type { Call } from '../../../core/events/calls.ts';
import type { CairnEvent } from '../../../core/events/event.ts';
import { type Arrival, normalise } from '../../../core/events/normalise.ts';

export const NOW = Date.parse('2026-11-02T01:00:00.000Z');

/** An arrival whose assigned ids count up. */
export function arrival(more: Partial<Arrival> = {}): Arrival {
  let assigned = 0;
  return {
    receivedAt: NOW,
    sequence: 7,
    key: 'server',
    newId: () => {
      assigned += 1;
      return `assigned-${assigned}`;
    },
    ...more,
  };
}

export const batch = (items: unknown[], more: Record<string, unknown> = {}, by?: Partial<Arrival>) =>
  normalise({ batch: items, ...more }, undefined, arrival(by));

/** The one event of a call that is valid. */
export function eventOf(call: Call, body: Record<string, unknown>, by?: Partial<Arrival>): CairnEvent {
  const { accepted, rejected } = normalise({ userId: 'ann', messageId: 'm1', ...body }, call, arrival(by));
  const [first] = accepted;
  if (first === undefined) throw new Error(`rejected: ${JSON.stringify(rejected)}`);
  return first.event;
}

/** The one fault of a call that is not. */
export function faultOf(call: Call, body: unknown, by?: Partial<Arrival>) {
  const { accepted, rejected } = normalise(body, call, arrival(by));
  if (accepted.length > 0) throw new Error('was accepted');
  return rejected[0];
}
