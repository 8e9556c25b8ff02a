import { describe, expect, it } from 'vitest';
import { CONFLICT, retryOnConflict } from '../../core/retry-on-conflict.ts';

describe('an attempt that meets another write', () => {
  it('is made again until it meets none', async () => {
    const counts: number[] = [];
    const result = await retryOnConflict(
      async (count) => {
        counts.push(count);
        return count < 2 ? CONFLICT : undefined;
      },
      () => new Error('too often'),
    );
    expect([result, counts]).toEqual([undefined, [0, 1, 2]]);
  });

  it.each([
    [20, undefined],
    [3, 3],
  ])('ends with the error that its caller names, after %i of them', async (most, maxAttempts) => {
    let attempts = 0;
    const never = retryOnConflict(
      async () => {
        attempts += 1;
        return CONFLICT;
      },
      () => new Error('too often'),
      maxAttempts,
    );
    await expect(never).rejects.toThrow('too often');
    expect(attempts).toBe(most);
  });
});
