import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  INGESTION_COUNTERS,
  INGESTION_METRICS,
  metricsOf,
  rejectedField,
} from '../../../core/metrics/ingestion-counters.ts';

test('docs/operations.md explains each counter, in the same words', () => {
  const docs = readFileSync('docs/operations.md', 'utf8');
  const rows = [...docs.matchAll(/^\| `([\w:-]+)` +\| (.+?) +\|$/gm)].map(([, name = '', text = '']) => [name, text]);
  for (const row of INGESTION_COUNTERS) expect(rows).toContainEqual(row);
});

describe('a rejection', () => {
  test.each([
    ['/batch/3/event', 'event'],
    ['/event', 'event'],
    ['/batch/12', 'item'],
    ['', 'item'],
    ['/batch/0/traits/email', 'traits'],
    ['/context/device/token', 'context'],
    ['/originalTimestamp', 'timestamp'],
    ['/batch/0/whatever/deep', 'item'],
    ['/constructor', 'item'],
  ])('at %s is counted under %s', (path, field) => expect(rejectedField(path)).toBe(field));
});

test('each counter belongs to a metric of the dashboard', () => {
  const all = metricsOf(Object.fromEntries([...INGESTION_COUNTERS.keys()].map((name) => [name, 1])));
  expect(Object.keys(all).toSorted()).toEqual(INGESTION_METRICS.toSorted());
  expect(metricsOf({ 'rejected:event': 2, 'rejected:type': 3, accepted: 1 })).toEqual({
    ItemsRejected: 5,
    EventsAccepted: 1,
  });
});
