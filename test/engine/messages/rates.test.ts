import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Priority } from '../../../core/messages/send-request.ts';
import { tokenBucketOf } from '../../../core/sending/token-bucket.ts';
import type { RateStore } from '../../../engine/messages/ports.ts';
import { rates } from '../../../engine/messages/rates.ts';

/** The store's conditions, with turns of others before and after each. Of some writes the answer is lost, and the SDK repeats them. */
function storeWith(turn: () => Promise<void>, isLost = () => false): RateStore {
  const marks: Record<string, number> = {};
  const change = async (mark: string, to: (at: number) => number | undefined): Promise<number | undefined> => {
    await turn();
    const moved = to(marks[mark] ?? 0);
    if (moved !== undefined) marks[mark] = moved;
    await turn();
    return isLost() ? change(mark, to) : moved;
  };
  return {
    given: async () => {
      await turn();
      return marks.given === undefined ? undefined : { at: marks.given, fullAt: marks.fullAt ?? 0 };
    },
    give: async (_provider, by, { isFull, now, limit }) =>
      (await change('given', (at) => {
        if (isFull && at > now) return undefined;
        if (isFull) marks.fullAt = now;
        if (isFull) return now + by;
        return at > now && at <= limit ? at + by : undefined;
      })) !== undefined,
    lengthen: async (_provider, priority, by, now) => Number(await change(priority, (at) => Math.max(at, now) + by)),
  };
}

const START = Date.parse('2026-11-02T01:00:00Z');
type Ask = { instance: number; priority: Priority; afterMs: number; isKept: boolean };
const asks = fc.array(
  fc.record<Ask>({
    instance: fc.nat(3),
    priority: fc.constantFrom('now', 'bulk'),
    afterMs: fc.oneof({ weight: 3, arbitrary: fc.nat(20) }, fc.nat(2_000)),
    isKept: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, fc.constant(false)),
  }),
  { minLength: 50, maxLength: 300 },
);

describe('a rate that senders share', () => {
  it('is never exceeded by more than the bucket and the lots, however their calls interleave', async () => {
    await fc.assert(
      fc.asyncProperty(
        asks,
        fc.constantFrom(0.5, 3, 14, 100, 1_000),
        fc.infiniteStream(fc.nat(5)),
        fc.infiniteStream(fc.nat(3)),
        async (given, perSecond, draws, fates) => {
          let now = START;
          const turn = async () => {
            const turns = Number(draws.next().value);
            for (let count = 0; count < turns; count += 1) await undefined;
          };
          const store = storeWith(turn, () => fates.next().value === 0);
          const instances = Array.from({ length: 4 }, () =>
            rates(
              store,
              () => now,
              () => 0.5,
            ),
          );
          const taken: number[] = [];
          const open: Promise<void>[] = [];
          for (const { instance, priority, afterMs, isKept } of given) {
            now += afterMs;
            const shared = instances[instance];
            if (shared === undefined) continue;
            open.push(
              shared.take('p', priority, perSecond).then(async (isTaken) => {
                if (!isTaken) return;
                if (isKept) taken.push(now);
                else {
                  await turn();
                  shared.returnToken('p', priority);
                }
              }),
            );
            await turn();
          }
          await Promise.all(open);
          const { room, lot, tokenMs } = tokenBucketOf(perSecond);
          // Both priorities of each instance may hold a lot from before.
          const atOnce = room + 4 * 2 * lot;
          for (const [first, from] of taken.entries())
            for (const [more, to] of taken.slice(first).entries())
              expect(more + 1).toBeLessThanOrEqual((to - from) / tokenMs + atOnce + 1);
          // From the beginning nobody holds one.
          for (const [index, at] of taken.entries())
            expect(index + 1).toBeLessThanOrEqual((at - START) / tokenMs + room);
        },
      ),
      { numRuns: 200, seed: 20_261_128 },
    );
  });

  it('is not exceeded though the answer to a giving back is lost, and the SDK repeats it', async () => {
    let now = START;
    let isLost = false;
    const store = storeWith(
      async () => {},
      () => {
        const was = isLost;
        isLost = false;
        return was;
      },
    );
    const sender = () =>
      rates(
        store,
        () => now,
        () => 0.5,
      );
    const { room } = tokenBucketOf(10);
    const idle = sender();
    // Lots of 1, 2, 4 and 5, the last of which it needs nothing of.
    for (let token = 0; token < 8; token += 1) expect(await idle.take('p', 'now', 10)).toBe(true);
    idle.returnToken('p', 'now');
    // Its lot has lapsed, and others have taken all that there was meanwhile.
    let taken = 7;
    const drain = async (one = sender()) => {
      while (await one.take('p', 'now', 10)) taken += 1;
    };
    for (; now < START + 6_000; now += 500) await drain();
    isLost = true;
    taken += Number(await idle.take('p', 'now', 10));
    await drain(idle);
    await drain();
    expect(taken).toBeLessThanOrEqual(room + 60);
    expect(taken).toBeGreaterThan(60);
  });

  it('takes nothing back of a lot that has come back by itself: the bucket was full meanwhile', async () => {
    let now = START;
    const store = storeWith(async () => {});
    const sender = () =>
      rates(
        store,
        () => now,
        () => 0.5,
      );
    const { room } = tokenBucketOf(100);
    const idle = Array.from({ length: 10 }, sender);
    for (const one of idle) {
      // Of its last lot it uses one token.
      for (let token = 0; token < 32; token += 1) await one.take('p', 'now', 100);
      now += 2_000;
    }
    now += 3_600_000;
    let taken = 0;
    const drain = async (one: ReturnType<typeof sender>) => {
      while (await one.take('p', 'now', 100)) taken += 1;
    };
    for (const one of [sender(), ...idle]) await drain(one);
    expect(taken).toBeLessThanOrEqual(room);
  });

  it('lets all of a crowd pass as time goes on, one sender or many', async () => {
    for (const senders of [1, 10]) {
      let now = START;
      const store = storeWith(async () => {});
      const instances = Array.from({ length: senders }, () =>
        rates(
          store,
          () => now,
          () => 0.5,
        ),
      );
      let passed = 0;
      for (; passed < 1_000 && now < START + 60_000; now += 50)
        for (const shared of instances)
          for (let ask = 0; ask < 10; ask += 1) passed += Number(await shared.take('p', 'bulk', 50));
      // 1,000 at 50 a second, less what the bucket had.
      expect(now - START).toBeLessThan(22_000);
      expect(passed).toBeLessThanOrEqual((now - START) / 20 + 62);
    }
  });

  it('gives way to what is sent now: bulk leaves a part of the bucket', async () => {
    const now = START;
    const store = storeWith(async () => {});
    const [bulk, code] = [
      rates(
        store,
        () => now,
        () => 0.5,
      ),
      rates(
        store,
        () => now,
        () => 0.5,
      ),
    ];
    let taken = 0;
    while (await bulk.take('p', 'bulk', 100)) taken += 1;
    expect(taken).toBeLessThanOrEqual(100);
    expect(taken).toBeGreaterThan(50);
    expect(await code.take('p', 'now', 100)).toBe(true);
    expect(await bulk.take('other', 'bulk', 100)).toBe(true);
  });

  it('lines messages up at the rate, and each priority apart', async () => {
    const store = storeWith(async () => {});
    const [one, other] = [
      rates(
        store,
        () => START,
        () => 0.5,
      ),
      rates(
        store,
        () => START,
        () => 0.5,
      ),
    ];
    const places = await Promise.all(
      Array.from({ length: 600 }, (_, index) => (index % 2 === 0 ? one : other).lineUp('p', 'bulk', 100)),
    );
    const after = places.map((at) => at - START).sort((a, b) => a - b);
    expect(new Set(after).size).toBe(600);
    expect(after.at(-1)).toBeLessThanOrEqual(8_000);
    expect(await one.lineUp('p', 'now', 100)).toBe(START);
  });
});
