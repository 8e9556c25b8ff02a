import { tmpdir } from 'node:os';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { MetricEvent, MetricEventsMessage } from '../../../core/metrics/metric-event.ts';
import { compactedKey, layoutOf, partKey } from '../../../core/results/fact-files.ts';
import { compactLake } from '../../../engine/results/compact.ts';
import { withFacts } from '../../../engine/results/with-facts.ts';
import { Died, lakeFolder } from './lake-folder.ts';

const AT = Date.parse('2026-11-02T01:00:00Z');
const DAY = 24 * 3_600_000;
/** The days are over, and the files of this minute older than ten minutes. */
const LATER = Date.now() + DAY;

const open: (() => void)[] = [];
afterEach(() => {
  for (const remove of open.splice(0)) remove();
});

function world() {
  let deathAt = Number.POSITIVE_INFINITY;
  let calls = 0;
  const folder = lakeFolder((call) => {
    if (call !== 'put' && call !== 'delete') return;
    calls += 1;
    if (calls === deathAt) throw new Died();
  });
  open.push(folder.remove);
  const { lake, engine } = folder;
  const deps = { lake, engine, folder: tmpdir(), clock: () => LATER, log: { info: () => {} } };
  const all = () =>
    withFacts({ lake, engine }, { from: '2026-01-01' }, (facts) =>
      facts.rows({ sql: 'SELECT id, metric FROM facts ORDER BY id', parameters: [] }),
    );
  return {
    ...folder,
    all,
    compact: () => compactLake(deps),
    /** Dies before the nth put or delete from now. */
    async dies(n: number): Promise<void> {
      [calls, deathAt] = [0, n];
      await compactLake(deps).catch((error: unknown) => {
        if (!(error instanceof Died)) throw error;
      });
      deathAt = Number.POSITIVE_INFINITY;
    },
  };
}

const fact = (id: number, day = 0): MetricEvent => ({
  id: `fact-${id}`,
  at: AT + day * DAY,
  of: 'message',
  metric: 'sent',
  dimensions: { channel: 'sms' },
});
const message = (id: string, ...metricEvents: MetricEvent[]): MetricEventsMessage => ({ id, metricEvents });
const ids = (...numbers: number[]) => numbers.map((n) => ({ id: `fact-${n}`, metric: 'sent' }));

describe('a compaction', () => {
  it('puts the files of a day into one, with each fact once', async () => {
    const { write, compact, keys, all } = world();
    await write('a', message('m1', fact(1), fact(2)));
    await write('b', message('m1', fact(1), fact(2)), message('m2', fact(3)));
    expect(await compact()).toBe(1);
    expect(keys()).toEqual([expect.stringMatching(/^facts\/dt=2026-11-02\/day-0of1-/)]);
    expect(await all()).toEqual(ids(1, 2, 3));
    expect(await compact()).toBe(0);
  });

  it('takes in what comes later', async () => {
    const { write, compact, keys, all } = world();
    await write('a', message('m1', fact(1)));
    await write('b', message('m2', fact(2)));
    await compact();
    await write('c', message('m3', fact(3)), message('m2', fact(2)));
    expect(await all()).toEqual(ids(1, 2, 3));
    expect(await compact()).toBe(1);
    expect(keys()).toHaveLength(1);
    expect(await all()).toEqual(ids(1, 2, 3));
  });

  it.each([1, 2, 3])(
    'loses and doubles nothing if it dies before its call %i, and ends when it comes again',
    async (n) => {
      const { write, compact, dies, keys, all } = world();
      await write('a', message('m1', fact(1), fact(2)));
      await write('b', message('m2', fact(3)));
      await dies(n);
      expect(await all()).toEqual(ids(1, 2, 3));
      await compact();
      expect(keys().filter((key) => key.includes('/part-'))).toEqual([]);
      expect(await all()).toEqual(ids(1, 2, 3));
    },
  );

  it('loses and doubles nothing if two are at it at once', async () => {
    const { write, compact, keys, all } = world();
    for (let n = 0; n < 6; n += 1) await write(`p${n}`, message(`m${n}`, fact(n), fact(n + 1)));
    await Promise.all([compact(), compact(), write('late', message('m9', fact(9), fact(0))), all()]);
    expect(await all()).toEqual(ids(0, 1, 2, 3, 4, 5, 6, 9));
    await compact();
    expect(keys().length).toBeLessThanOrEqual(2);
    expect(await all()).toEqual(ids(0, 1, 2, 3, 4, 5, 6, 9));
  });
});

it('in any history of batches, repeats, compactions and deaths, the lake has each published fact once', async () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('batch' as const), of: fc.uniqueArray(fc.nat(11), { minLength: 1, maxLength: 4 }) }),
    fc.record({ do: fc.constant('compact' as const) }),
    fc.record({ do: fc.constant('die' as const), at: fc.integer({ min: 1, max: 5 }) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
      const { write, compact, dies, all, remove } = world();
      const published = new Set<string>();
      for (const one of steps) {
        if (one.do === 'compact') await compact();
        if (one.do === 'die') await dies(one.at);
        if (one.do !== 'batch') continue;
        // A message has the same facts at each delivery, of two days.
        const messages = one.of.map((n) => message(`m${n}`, fact(n * 2), fact(n * 2 + 1, n % 2)));
        await write(one.of.join('-'), ...messages);
        for (const { metricEvents } of messages) for (const { id } of metricEvents) published.add(String(id));
      }
      const found = (await all()) as { id: string }[];
      remove();
      expect(found.map(({ id }) => id)).toEqual([...published].toSorted());
    }),
    { numRuns: 40 },
  );
});

it('files of one compaction are known to have no fact twice; those of two are not', () => {
  const [zero, one] = [0, 1].map((bucket) => compactedKey('2026-11-02', { bucket, of: 2, inputs: 'x' }));
  const other = compactedKey('2026-11-02', { bucket: 1, of: 2, inputs: 'y' });
  const nextDay = compactedKey('2026-11-03', { bucket: 0, of: 1, inputs: 'z' });
  const part = partKey('2026-11-02', 'p');
  const whole = [String(zero), String(one), nextDay];
  expect(layoutOf([...whole, part])).toEqual({ compacted: whole, doubtful: [part] });
  expect(layoutOf([...whole, other])).toEqual({ compacted: [nextDay], doubtful: [zero, one, other] });
});
