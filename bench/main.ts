import { startCloud } from '../local/cloud.ts';
import { costOfEvents, costOfRuns, type Line } from './cost.ts';
import { importsOf } from './imports.ts';
import { startDynoxide, startMeter } from './meter.ts';
import { prepare, speedOf } from './speed.ts';

/** `npm run bench [cost|speed|imports]`: what events and runs cost at list price (the same at every run); how fast this machine is, and how fast functions load on it (not the same). */
const what = process.argv[2];
if (what === 'cost') await cost();
else if (what === 'speed') await speed();
else if (what === 'imports') await imports();
else {
  // A virtual and a real clock do not live in one process.
  const { spawnSync } = await import('node:child_process');
  for (const part of ['cost', 'speed', 'imports']) {
    const { status } = spawnSync(process.execPath, [process.argv[1] ?? '', part], { stdio: 'inherit' });
    if (status !== 0) process.exit(status ?? 1);
  }
}

async function cost(): Promise<void> {
  const meter = startMeter();
  const dynamo = await startDynoxide(4801);
  const cloud = await startCloud({
    port: 0,
    isVirtual: true,
    at: Date.parse('2026-11-02T01:00:00Z'),
    bench: { dynamoUrl: dynamo.url, observe: meter.observe, pointerMaxAgeMs: 5_000 },
  });
  print('One million events, in batches of 50: 5 of each of 10 profiles', await costOfEvents(cloud, meter));
  const runs = await costOfRuns(cloud, meter);
  print(`One million runs of S1 (${runs.transitions} transitions each; providers' fees apart)`, runs.lines);
  await cloud.stop();
  dynamo.stop();
  meter.stop();
}

async function imports(): Promise<void> {
  console.log('\n### Bundles\n\n| function | kB | ms to import |\n|---|--:|--:|');
  for (const { name, kilobytes, ms } of await importsOf())
    console.log(`| ${name} | ${kilobytes.toFixed(0)} | ${ms.toFixed(0)} |`);
}

function print(title: string, lines: Line[]): void {
  console.log(`\n### ${title}\n\n| | per 1,000 | $ per million |\n|---|--:|--:|`);
  for (const { what: name, perThousand, dollarsPerMillion } of lines)
    console.log(`| ${name} | ${perThousand.toFixed(1)} | ${dollarsPerMillion.toFixed(3)} |`);
  const total = lines.reduce((sum, line) => sum + line.dollarsPerMillion, 0);
  const transitions = lines.at(-1)?.dollarsPerMillion ?? 0;
  console.log(
    `| **all** | | **${total.toFixed(2)}** |\n| without transitions | | ${(total - transitions).toFixed(2)} |`,
  );
}

/** The functions look at the rules every 5 s, as they do deployed. */
async function speed(): Promise<void> {
  const cloud = await startCloud({ port: 0, isVirtual: false, bench: { pointerMaxAgeMs: 5_000 } });
  await prepare(cloud, 4_000);
  await speedOf(cloud, 'warm', 200, 10, 4);
  console.log(
    '\n### Events a second, from POST to outbox, on this machine\n\n| | events/s | p50 ms | p95 ms |\n|---|--:|--:|--:|',
  );
  const cases: [string, number, number, number][] = [
    ['single, 3 % start a run that sends', 1_000, 1, 33],
    ['batches of 50, 3 % start a run that sends', 3_000, 50, 33],
    ['single, all start a run that sends', 500, 1, 1],
    ['batches of 50, all start a run that sends', 1_000, 50, 1],
  ];
  for (const [name, events, lot, nth] of cases) {
    const { perSecond, p50Ms, p95Ms } = await speedOf(cloud, name.replaceAll(/\W/g, ''), events, lot, nth);
    console.log(`| ${name} | ${perSecond.toFixed(0)} | ${p50Ms} | ${p95Ms} |`);
  }
  await cloud.stop();
  process.exit(0);
}
