import { describe, expect, it } from 'vitest';
import type { RateStore } from '../../../engine/messages/ports.ts';
import { rates } from '../../../engine/messages/rates.ts';

const START = 1_000_000_000;

/** One sender of 10 messages a second, and what it asks of the store. */
function sender() {
  const state: { now: number; isRefusing: boolean; given?: { at: number; fullAt: number } } = {
    now: START,
    isRefusing: false,
  };
  const gives: { byMs: number; isFull: boolean }[] = [];
  const store: RateStore = {
    given: async () => state.given,
    give: async (_provider, byMs, { isFull, now }) => {
      gives.push({ byMs, isFull });
      if (state.isRefusing) return false;
      const { at = 0, fullAt = 0 } = state.given ?? {};
      state.given = isFull ? { at: now + byMs, fullAt: now } : { at: at + byMs, fullAt };
      return true;
    },
    lengthen: async (_provider, _priority, byMs, now) => now + byMs,
  };
  const all = rates(
    store,
    () => state.now,
    () => 0.5,
  );
  const take = () => all.take('p', 'now', 10);
  return { state, gives, take, lineUp: () => all.lineUp('p', 'now', 10), back: () => all.returnToken('p', 'now') };
}

/** It has a lot of two tokens, and has used one of them. */
async function withLot() {
  const one = sender();
  await one.take();
  await one.take();
  expect(one.gives.splice(0)).toEqual([
    { byMs: 100, isFull: true },
    { byMs: 200, isFull: false },
  ]);
  return one;
}

describe('a lot of tokens', () => {
  it('is twice as large as one that was used up, and no larger than was of use', async () => {
    const { state, gives, take } = await withLot();
    await take();
    await take();
    expect(gives.splice(0)).toEqual([{ byMs: 400, isFull: false }]);
    // Of four, it has used one.
    state.now += 6_000;
    await take();
    expect(gives).toEqual([{ byMs: 100, isFull: true }]);
  });

  it('is not given back to a full bucket, though it was the newest', async () => {
    const { state, gives, take } = await withLot();
    state.now += 6_000;
    await take();
    expect(gives).toEqual([{ byMs: 100, isFull: true }]);
  });

  it('is given back where others have kept the bucket from being full, also the first that was taken of a full one', async () => {
    const { state, gives, take } = await withLot();
    state.now += 6_000;
    state.given = { at: state.now + 500, fullAt: START };
    await take();
    expect(gives).toEqual([{ byMs: 0, isFull: false }]);
  });

  it('comes of a bucket that is full at this very instant', async () => {
    const { state, gives, take } = sender();
    state.given = { at: START, fullAt: 0 };
    expect(await take()).toBe(true);
    expect(gives).toEqual([{ byMs: 100, isFull: true }]);
  });

  it('is forgotten where a full bucket has refused the next one: it came back by itself', async () => {
    const { state, gives, take } = await withLot();
    state.now += 6_000;
    state.isRefusing = true;
    expect(await take()).toBe(false);
    state.isRefusing = false;
    state.now += 1_000;
    state.given = { at: state.now + 100, fullAt: START };
    expect(await take()).toBe(true);
    expect(gives.at(-1)).toEqual({ byMs: 100, isFull: false });
  });

  it('takes no more tokens back than it had', async () => {
    const { gives, take, back } = await withLot();
    back();
    back();
    await take();
    await take();
    expect(gives).toEqual([]);
    await take();
    expect(gives).toHaveLength(1);
  });

  it('is of no use to a clock that was set back', async () => {
    const { state, gives, take } = await withLot();
    state.now -= 3_600_000;
    delete state.given;
    await take();
    expect(gives).toHaveLength(1);
  });
});

it('a place in the line that has passed is given to nobody', async () => {
  const { state, lineUp } = sender();
  expect([await lineUp(), await lineUp()]).toEqual([START, START + 100]);
  state.now += 10_000;
  expect(await lineUp()).toBe(state.now);
});
