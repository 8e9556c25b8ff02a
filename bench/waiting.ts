import { startCloud } from '../local/cloud.ts';
import { call, identify, postBatch, track } from './api-client.ts';

export interface Waiting {
  runs: number;
  megabytes: number;
  seconds: number;
  /** From the call to its answer. */
  publishMs: number;
}

/** Starts the embedded cloud, in memory, with this many waiting runs. */
export async function waitingRuns(runs: number): Promise<Waiting> {
  const cloud = await startCloud({ port: 0, isVirtual: true, at: Date.parse('2026-11-02T01:00:00Z') });
  const nodes = { rest: { type: 'wait', for: '30d', next: 'done' }, done: { type: 'end' } };
  const journey = { name: 'Waits', entry: { event: 'Signed Up' }, start: 'rest', nodes };
  await call(cloud, 'marketer', 'PUT', '/v1/journeys/waits', journey);
  await call(cloud, 'marketer', 'POST', '/v1/journeys/waits/submit');
  await call(cloud, 'approver', 'POST', '/v1/journeys/waits/approve');
  const asked = performance.now();
  await call(cloud, 'marketer', 'POST', '/v1/journeys/waits/publish');
  const publishMs = performance.now() - asked;
  const began = performance.now();
  for (let from = 0; from < runs; from += 50) {
    const users = Array.from({ length: Math.min(50, runs - from) }, (_, offset) => `wait-${from + offset}`);
    await postBatch(
      cloud,
      users.flatMap((user) => [identify(user), track(user, 'Signed Up')]),
    );
    if (from % 1_000 === 0) await cloud.time.settle();
  }
  await cloud.time.settle();
  const seconds = (performance.now() - began) / 1000;
  // The threads have released their temporary memory after this time.
  await new Promise((resolve) => setTimeout(resolve, 12_000));
  const megabytes = process.memoryUsage().rss / 1e6;
  const open = [...cloud.engine.executions()].filter(({ status }) => status === 'RUNNING').length;
  if (open !== runs) throw new Error(`${open} executions rest, not ${runs}`);
  await cloud.stop();
  return { runs, megabytes, seconds, publishMs };
}
