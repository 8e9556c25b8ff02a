import { expect, test } from 'vitest';
import { recountStore } from '../../../adapters/dynamo/recounts.ts';
import { MemoryTables } from '../../protocols/memory.ts';

test('a counter that has changed since it was read is not corrected', async () => {
  const { correct, counters } = recountStore(new MemoryTables().client, 'metrics');
  const [scope, day] = ['channel:sms', '2026-11-02'];
  expect(await correct({ scope, day, counts: { sent: 2 } }, {})).toBe(true);
  // Another executor had read the same.
  expect(await correct({ scope, day, counts: { sent: 2 } }, {})).toBe(false);
  expect(await correct({ scope, day, counts: { sent: 1, failed: 1 } }, { sent: 2 })).toBe(true);
  expect(await correct({ scope, day, counts: { sent: 1 } }, { sent: 2 })).toBe(false);
  expect(await counters(scope, day)).toEqual({ sent: 3, failed: 1 });
});
