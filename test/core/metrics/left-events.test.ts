import { describe, expect, it } from 'vitest';
import type { MessageId } from '../../../core/ids.ts';
import { counterOf } from '../../../core/metrics/buckets.ts';
import { moveEvents } from '../../../core/metrics/message-events.ts';
import { factRowsOf } from '../../../core/results/fact-row.ts';

const MESSAGE = {
  id: 'm' as MessageId,
  source: { kind: 'campaign', id: 'spring', version: 1, occurrence: 'o1' },
  channel: 'sms',
  template: { id: 'gift', version: 1 },
} as const;
const SUPPRESSED = { as: 'suppressed', reason: 'daily-cap' } as const;

describe('a message that leaves what it counted as', () => {
  it('says the standing and its reason apart', () => {
    const [left, ...more] = moveEvents(MESSAGE, { from: SUPPRESSED, to: undefined }, 0);
    expect(left).toMatchObject({ metric: 'left', standing: 'suppressed', detail: 'daily-cap' });
    expect(more).toEqual([]);
  });

  it('has both in the name of its counter, and in the lake', () => {
    const left = moveEvents(MESSAGE, { from: SUPPRESSED }, 0);
    expect(left.map(counterOf)).toEqual(['left:suppressed:daily-cap']);
    expect(factRowsOf({ id: 'q', metricEvents: left })).toMatchObject([
      { standing: 'suppressed', detail: 'daily-cap' },
    ]);
  });

  it('has no reason where none belongs to the standing', () => {
    const events = moveEvents(MESSAGE, { from: { as: 'unknown' }, to: { as: 'sent' } }, 0);
    expect(events.map(counterOf)).toEqual(['left:unknown', 'settled']);
    expect(factRowsOf({ id: 'q', metricEvents: events })).toMatchObject([
      { standing: 'unknown', detail: null },
      { detail: null },
    ]);
  });

  it('has not left where it counts as the same again', () => {
    expect(moveEvents(MESSAGE, { from: SUPPRESSED, to: { ...SUPPRESSED } }, 0)).toEqual([]);
    expect(moveEvents(MESSAGE, { from: SUPPRESSED, to: { ...SUPPRESSED, reason: 'no-consent' } }, 0)).toHaveLength(1);
  });
});
