import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildAssembly } from '../../local/assembly.ts';
import { Cairn } from './cairn.ts';

/** All of them fall due at one instant. */
const RUNS = Number(process.env.SAME_INSTANT ?? 5_000);
/** Events of a request. */
const BATCH = 500;

let cairn: Cairn;
beforeAll(async () => {
  await buildAssembly();
  cairn = await Cairn.start('2026-11-02T02:30:00Z');
}, 600_000);
afterAll(() => cairn.stop());

it(`advance over an instant at which ${RUNS} runs fall due comes to its end`, async () => {
  await cairn.ok('marketer', 'PUT', '/v1/journeys/crowd', {
    name: 'Crowd',
    entry: { event: 'Joined' },
    start: 'rest',
    nodes: { rest: { type: 'wait', until: { time: '10:00' }, next: 'done' }, done: { type: 'end' } },
  });
  await cairn.publish('crowd');
  for (let from = 0; from < RUNS; from += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, RUNS - from) }, (_, n) => ({
      type: 'track',
      userId: `crowd-${from + n}`,
      event: 'Joined',
    }));
    await cairn.post('batch', { batch });
  }
  const begun = Date.now();
  await cairn.advance('25h');
  console.log(`${RUNS} runs of one instant: ${Math.round((Date.now() - begun) / 1_000)} s`);
  const report = await cairn.ok<{ items: unknown[] }>('viewer', 'GET', '/v1/journeys/crowd/runs?status=open&limit=1');
  expect(report.items).toEqual([]);
}, 1_800_000);
