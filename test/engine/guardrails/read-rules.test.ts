import { expect, test } from 'vitest';
import { SettingsSchema } from '../../../core/definitions/settings.ts';
import { guardScopeOf } from '../../../core/metrics/cohorts.ts';
import type { Cohorts } from '../../../engine/guardrails/ports.ts';
import { readRules } from '../../../engine/guardrails/read-rules.ts';

const NOW = Date.parse('2026-11-30T12:00:00Z');
const HOUR = 3_600_000;

test('reads as far back as the longest rule looks, and the 28 whole days before its window', async () => {
  const { guardrails } = SettingsSchema.parse({
    guardrails: [
      { metric: 'unsubscribe', scope: 'channel', over: 0.05, within: '1h', do: 'pause' },
      { metric: 'open', scope: 'channel', underBaseline: 0.05, within: '24h', matureAfter: '12h', do: 'alert' },
    ],
  });
  const scope = guardScopeOf('channel:email');
  if (scope === undefined) throw new Error('it is one');
  const asked: unknown[] = [];
  const cohorts: Cohorts = {
    hours: async (...of) => {
      asked.push(of);
      return [];
    },
    days: async (...of) => {
      asked.push(of);
      return [];
    },
  };
  await readRules({ cohorts }, { scope, generation: 3, rules: guardrails, now: NOW });
  expect(asked).toEqual([
    ['channel:email', 3, NOW - 36 * HOUR, NOW],
    // The window begins on the 29th.
    ['channel:email', '2026-11-01', '2026-11-28'],
  ]);
});
