import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HistoryEntry, Message, Receipt } from '../../../core/messages/message.ts';
import { sumUp } from '../../../core/metrics/buckets.ts';
import { messageMetricEvents } from '../../../core/metrics/message-events.ts';
import type { MetricEvent } from '../../../core/metrics/metric-event.ts';
import { isSettled, recordedBeside, recordedOn, sumRecordings, withoutClosed } from '../../../core/metrics/recorded.ts';
import { type CountedRow, driftOf, factsOf, tallyOf, total } from '../../../core/metrics/recount.ts';

const START = Date.parse('2026-11-02T22:00:00Z');
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const source = fc.constantFrom<Message['source']>(
  { kind: 'journey', id: 'wake', version: 1, node: 'mail', run: 'r' },
  { kind: 'api', id: 'shop' },
  { kind: 'test', id: 'letter' },
);
const channel = fc.constantFrom('email', 'sms', undefined);
const step = fc.oneof(
  fc.record({ did: fc.constant('sent' as const), channel: fc.constantFrom('email', 'sms') }),
  fc.record({
    did: fc.constantFrom('suppressed' as const, 'failed' as const),
    channel,
    reason: fc.constantFrom('daily-cap', 'render-failed'),
    detail: fc.constantFrom(undefined, 'traits.name is missing'),
  }),
  fc.record({ did: fc.constantFrom('sending' as const, 'resent' as const, 'held' as const) }),
  fc.record({
    did: fc.constantFrom<Receipt>('delivered', 'opened', 'clicked', 'bounced', 'complained', 'unsubscribed'),
    machine: fc.boolean(),
    /** Receipts come up to 40 days late, and name an instant before. */
    lateMs: fc.integer({ min: 0, max: 40 * DAY }),
  }),
);
type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;

/** A message's row and what its writers have published, as `engine/messages` writes and publishes them. */
function lived(of: Message['source'], steps: readonly (Step & { afterMs: number })[]) {
  const row: CountedRow = { source: of, template: { id: 'letter', version: 1 }, history: [] };
  const published: MetricEvent[] = [];
  let now = START;
  for (const one of steps) {
    now += one.afterMs;
    const [entry, what] = told(one, now, row);
    if (what !== undefined)
      published.push(
        ...messageMetricEvents(
          { ...row, channel: entry.channel },
          what,
          entry.at,
          one.did === 'sent' ? now : undefined,
        ),
      );
    row.history.push(entry);
    if (entry.channel !== undefined) row.channel = entry.channel;
  }
  return { row, published };
}

type Told = [HistoryEntry, Parameters<typeof messageMetricEvents>[1]?];
function told(one: Step, now: number, row: CountedRow): Told {
  const on = (where: string | undefined) => (where === undefined ? {} : { channel: where as 'email' });
  if ('lateMs' in one) {
    const at = now - one.lateMs;
    const more = { ...(one.machine ? { machine: true } : {}), ...recordedBeside(at, now) };
    return [
      { status: one.did, at, ...on(row.channel), ...more },
      { metric: one.did, ...more },
    ];
  }
  if ('reason' in one) {
    const { did, reason, detail = reason } = one;
    row.reason = reason;
    const entry = { status: did, at: now, ...on(one.channel), detail, ...(detail === reason ? {} : { reason }) };
    return [entry, { metric: did, detail: reason }];
  }
  if (one.did === 'sent') return [{ status: 'sent', at: now, ...on(one.channel) }, { metric: 'sent' }];
  return [{ status: one.did, at: now }];
}

const steps = fc.array(
  fc.tuple(step, fc.integer({ min: 0, max: 3 * DAY })).map(([one, afterMs]) => ({ ...one, afterMs })),
  { maxLength: 12 },
);

describe('a recount', () => {
  it('finds in a row what its writers have published, whatever the history', () => {
    fc.assert(
      fc.property(source, steps, (of, all) => {
        const { row, published } = lived(of, all);
        expect(factsOf(row)).toEqual(published);
      }),
    );
  });

  it('finds on each day exactly what was lost of it, and nothing once that is added', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(source, steps), { maxLength: 5 }),
        fc.infiniteStream(fc.boolean()),
        (all, fates) => {
          const messages = all.map(([of, its]) => lived(of, its));
          const published = messages.flatMap(({ published: its }) => its);
          const isLost = published.map(() => fates.next().value === true);
          const counted = sumUp(published.filter((_, index) => !isLost[index]));
          const rows = messages.map(({ row }) => row);
          for (const day of new Set(published.map(recordedOn))) {
            let found = 0;
            for (const tally of tallyOf(rows, day)) {
              const there = counted.find((one) => one.scope === tally.scope && one.day === tally.day)?.counts ?? {};
              const { missing, excess } = driftOf(tally, there, day);
              expect(excess).toEqual({});
              found += total(missing);
              const mended =
                sumUp(
                  [],
                  [
                    { ...tally, counts: there },
                    { ...tally, counts: missing },
                  ],
                )[0]?.counts ?? {};
              expect(driftOf(tally, mended, day)).toEqual({ missing: {}, excess: {} });
            }
            const lost = published.filter((event, index) => isLost[index] && recordedOn(event) === day);
            expect(found).toBe(sumUp(lost).reduce((sum, { counts }) => sum + total(counts), 0));
          }
        },
      ),
    );
  });

  it('says too that more was counted than the rows know', () => {
    const tally = { scope: 'channel:sms', day: '2026-11-02', counts: { sent: 2 } };
    const stored = { sent: 3, opened: 1, 'opened@2026-11-04': 5, entered: 9 };
    expect(driftOf(tally, stored, '2026-11-02')).toEqual({ missing: {}, excess: { sent: 1, opened: 1 } });
  });

  it('knows the reason of a refusal from the row where its history has none', () => {
    const history = [{ status: 'failed', at: START, detail: 'traits.name is missing' }];
    const row: CountedRow = {
      source: { kind: 'api', id: 'shop' },
      template: { id: 'letter', version: 1 },
      reason: 'render-failed',
      history,
    };
    expect(factsOf(row)).toMatchObject([{ metric: 'failed', detail: 'render-failed' }]);
    const resent = {
      ...row,
      reason: 'paused',
      history: [...history, { status: 'resent', at: START }, { status: 'held', at: START }],
    };
    expect(factsOf(resent)).toMatchObject([{ metric: 'failed', detail: 'traits.name is missing' }]);
  });
});

describe('what was recorded on another day than it happened', () => {
  it('is one counter of reports', () => {
    expect(sumRecordings({ opened: 2, 'opened@2026-11-04': 1, 'opened:machine@2026-12-12': 3 })).toEqual({
      opened: 3,
      'opened:machine': 3,
    });
  });

  const day = '2026-11-02';
  const at = (text: string) => Date.parse(text);
  const counts = { sent: 1, 'opened@2026-11-03': 2, entered: 3 };

  it.each([
    ['2026-11-03T01:59:59.999Z', counts],
    ['2026-11-03T02:00:00.000Z', { 'opened@2026-11-03': 2, entered: 3 }],
    ['2026-11-04T02:00:00.000Z', { entered: 3 }],
  ])('is counted as it comes until the recount takes its day over: %s', (now, left) => {
    expect(withoutClosed({ scope: 'journey:wake', day, counts }, at(now)).counts).toEqual(left);
  });

  it('is never taken from cohorts, which the recount knows nothing of', () => {
    const hour = { scope: 'guard#channel:sms#0', day: '2026-11-02T07#sms', counts: { s07: 1, sent: 1 } };
    expect(withoutClosed(hour, at('2026-12-01T00:00:00Z'))).toEqual(hour);
  });

  it('is counted again only once nobody counts it any more', () => {
    expect(isSettled(day, at('2026-11-03T02:14:59Z'))).toBe(false);
    expect(isSettled(day, at('2026-11-03T02:15:00Z'))).toBe(true);
  });
});
