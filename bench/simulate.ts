import { startCloud } from '../local/cloud.ts';
import { call, publishExample } from './api-client.ts';
import { LIVES } from './lives.ts';
import { percentile } from './percentile.ts';

export interface SimulateSpeed {
  journey: string;
  p50Ms: number;
  p95Ms: number;
}

const WARM = 10;
const TIMES = 100;

/** Times `POST …/simulate` of a synthetic customer for 30 days, over HTTP, for each example journey with an event entry. */
export async function speedOfSimulate(): Promise<SimulateSpeed[]> {
  const cloud = await startCloud({ port: 0, isVirtual: true, at: Date.parse('2026-11-02T01:00:00Z') });
  const speeds: SimulateSpeed[] = [];
  for (const { journey, begins } of LIVES) {
    if (!('event' in begins)) continue;
    await publishExample(cloud, journey, 1);
    const profile = { traits: { phone: '13800138000' }, consent: { sms: true } };
    const trigger = { properties: begins.properties ?? {} };
    const laps: number[] = [];
    for (let time = 0; time < WARM + TIMES; time += 1) {
      const started = performance.now();
      await call(cloud, 'marketer', 'POST', `/v1/journeys/${journey}/simulate`, { profile, trigger, until: '30d' });
      laps.push(performance.now() - started);
    }
    const warm = laps.slice(WARM);
    speeds.push({ journey, p50Ms: percentile(warm, 0.5), p95Ms: percentile(warm, 0.95) });
  }
  await cloud.stop();
  return speeds;
}
