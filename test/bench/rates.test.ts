import { expect, it } from 'vitest';
import { useOfRate } from '../../bench/rates.ts';

it('a code does not wait for the bulk before it, and a token takes 0.06 write units at most, the stampede at the beginning included', async () => {
  const use = await useOfRate(10_000, 100);
  expect(use.codeSeconds).toBeLessThan(1);
  expect(use.writeUnitsEach).toBeLessThanOrEqual(0.06);
  expect(use.seconds).toBeLessThan(130);
  // The bucket and the lots may be full before the second.
  expect(use.most).toBeLessThanOrEqual(300);
}, 30_000);
