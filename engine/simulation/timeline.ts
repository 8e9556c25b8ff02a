import { type CairnEvent, compareEvents } from '../../core/events/event.ts';
import type { Timeline } from '../profiles/ports.ts';

/** The customer's events in memory, in order. */
export function simulatedTimeline(stored: readonly CairnEvent[]): Pick<Timeline, 'putEvents' | 'history' | 'eventsAt'> {
  const events = [...stored];
  return {
    async putEvents(key, batch) {
      for (const event of batch) insert(events, event);
      return new Map(batch.map(({ id }) => [id, { id, pk: key, sk: '' }]));
    },
    async history(_key, { from, names }) {
      const young = events.slice(firstFrom(events, from));
      return {
        events: names === undefined ? young : young.filter(({ name }) => names.has(name ?? '')),
        places: new Map(),
      };
    },
    eventsAt: async () => events,
  };
}

/** Inserts the event in order; it is usually the newest. */
function insert(events: CairnEvent[], event: CairnEvent): void {
  let index = events.length;
  for (
    let before = events[index - 1];
    before !== undefined && compareEvents(before, event) > 0;
    before = events[index - 1]
  )
    index -= 1;
  events.splice(index, 0, event);
}

/** Returns the index of the first event at or after `from`. The events are in order. */
function firstFrom(events: readonly CairnEvent[], from: number): number {
  let [low, high] = [0, events.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((events[middle]?.at ?? from) < from) low = middle + 1;
    else high = middle;
  }
  return low;
}
