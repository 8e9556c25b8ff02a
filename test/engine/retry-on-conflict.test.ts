import { describe, expect, it } from 'vitest';
import { CONFLICT, retryOnConflict } from '../../engine/retry-on-conflict.ts';

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

  it('ends with the error that its caller names, after 20 of them', async () => {
    let attempts = 0;
    const never = retryOnConflict(
      async () => {
        attempts += 1;
        return CONFLICT;
      },
      () => new Error('too often'),
    );
    await expect(never).rejects.toThrow('too often');
    expect(attempts).toBe(20);
  });
});
