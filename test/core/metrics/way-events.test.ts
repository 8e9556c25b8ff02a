import { describe, expect, it } from 'vitest';
import { counterOf } from '../../../core/metrics/buckets.ts';
import { wayEvents } from '../../../core/metrics/run-events.ts';

const RUN = { entry: 'e', profile: 'p', journey: 'j', version: 1, visits: {} };
const counters = (run: Parameters<typeof wayEvents>[0], way: Parameters<typeof wayEvents>[1]) =>
  wayEvents(run, way, 0).map((event) => `${event.dimensions.node} ${counterOf(event)}`);

describe('the metric events of a move', () => {
  it('name each node that was entered and left', () => {
    expect(counters(RUN, [{ to: 'a' }, { from: 'a', to: 'b' }])).toEqual(['a entered', 'a left:b', 'b entered']);
  });

  it('name the way of a split once in a run, however often it comes by', () => {
    const loop = [
      { from: 'split', to: 'mail', way: 'half' },
      { from: 'mail', to: 'split' },
      { from: 'split', to: 'mail', way: 'half' },
    ];
    expect(counters(RUN, loop).filter((counter) => counter.includes('way:'))).toEqual(['split way:half']);
    const later = { ...RUN, visits: { split: { count: 1, at: 0, way: 'half' } } };
    expect(counters(later, loop).filter((counter) => counter.includes('way:'))).toEqual([]);
  });

  it('have no mark of their own: only the executor that committed the move publishes them', () => {
    const events = wayEvents(RUN, [{ from: 'split', to: 'mail', way: 'half' }], 0);
    expect(events.map(({ once }) => once)).toEqual([undefined, undefined, undefined]);
  });
});
