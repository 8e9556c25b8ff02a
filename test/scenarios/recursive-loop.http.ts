import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));

/** A customer who gets one tag loses it and gets the other. */
async function turns(from: string, to: string): Promise<void> {
  await cairn.ok('marketer', 'PUT', `/v1/journeys/${from}`, {
    name: from,
    entry: { tag: from, on: 'added' },
    reentry: 'always',
    start: 'turn',
    nodes: {
      turn: { type: 'update', removeTags: [from], addTags: [to], next: 'done' },
      done: { type: 'end' },
    },
  });
  await cairn.publish(from);
}

it('journeys that set each other off without end are stopped, and what stopped is put aside', async () => {
  for (const tag of ['ping', 'pong'])
    await cairn.ok('marketer', 'PUT', `/v1/tags/${tag}`, { name: tag, layer: 'base', owner: 'growth', use: 'test' });
  await turns('ping', 'pong');
  await turns('pong', 'ping');
  await cairn.ok('marketer', 'PUT', '/v1/journeys/begin', {
    name: 'Begin',
    entry: { event: 'Begin' },
    start: 'first',
    nodes: { first: { type: 'update', addTags: ['ping'], next: 'done' }, done: { type: 'end' } },
  });
  await cairn.publish('begin');
  // Settles, which it would never do.
  await cairn.track('ann', 'Begin');
  const runs = await Promise.all(
    ['ping', 'pong'].map((id) => cairn.ok<{ items: object[] }>('viewer', 'GET', `/v1/journeys/${id}/runs?limit=100`)),
  );
  const count = runs.reduce((sum, { items }) => sum + items.length, 0);
  expect(count).toBeGreaterThan(3);
  expect(count).toBeLessThan(40);
  await cairn.advance('3h');
  const dead = await Promise.all(
    ['events', 'enrolments'].map((queue) =>
      cairn.local<{ items: object[] }>('GET', `dead-letters?queue=${queue}`).then(({ items }) => items.length),
    ),
  );
  expect(Math.max(...dead)).toBeGreaterThan(0);
});
