import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCloud } from '../local/cloud.ts';
import { speedOfCampaign } from './campaign-speed.ts';
import { RECIPIENTS } from './cost-parts.ts';
import { durationMs } from './function-use.ts';
import { importsOf } from './imports.ts';
import { useOfFunctions } from './memory.ts';
import { speedOfSimulate } from './simulate.ts';
import { type Load, prepare, speedOf } from './speed.ts';
import { waitingRuns } from './waiting.ts';
import { ONE_SMS } from './workload.ts';

export async function campaignSpeed(recipients = RECIPIENTS): Promise<void> {
  await printCampaign('in memory', recipients);
}

export async function campaignOnDisk(recipients = RECIPIENTS): Promise<void> {
  const dataDir = benchFolder();
  await printCampaign(`on disk (${dataDir})`, recipients, dataDir);
}

async function printCampaign(where: string, recipients: number, dataDir?: string): Promise<void> {
  const cloud = await startCloud({ port: 0, isVirtual: false, dataDir });
  const speed = await speedOfCampaign(cloud, recipients);
  console.log(
    `\n### A campaign of one SMS to ${recipients}, ${where}\n\n| frozen after s | messages/s | CPU s per 1,000 | a code meanwhile, ms | a journey’s message, ms | RSS MB before | at 25 % | at 50 % | at 75 % | most |\n|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|`,
  );
  const { freezeSeconds, perSecond, cpuSeconds, codeMs, journeyMs, restingMegabytes, shareMegabytes, rssMegabytes } =
    speed;
  const rest = [codeMs, journeyMs, restingMegabytes, ...shareMegabytes, rssMegabytes].map((one) => one.toFixed(0));
  console.log(`| ${[freezeSeconds.toFixed(1), perSecond.toFixed(0), cpuSeconds.toFixed(2), ...rest].join(' | ')} |`);
  await cloud.stop();
  process.exit(0);
}

export async function waiting(): Promise<void> {
  const { runs, megabytes, seconds, publishMs } = await waitingRuns(10_000);
  console.log(
    `\n### Runs that wait, in the embedded cloud\n\n${runs} runs wait in ${megabytes.toFixed(0)} MB (RSS of the whole process at rest), entered in ${seconds.toFixed(0)} s; the journey was published in ${publishMs.toFixed(0)} ms.`,
  );
}

export async function simulate(): Promise<void> {
  console.log('\n### Simulating 30 days of a customer, over HTTP\n\n| journey | p50 ms | p95 ms |\n|---|--:|--:|');
  for (const { journey, p50Ms, p95Ms } of await speedOfSimulate())
    console.log(`| ${journey} | ${p50Ms.toFixed(0)} | ${p95Ms.toFixed(0)} |`);
  process.exit(0);
}

export async function imports(): Promise<void> {
  console.log('\n### Bundles\n\n| function | kB | ms to import, least | median |\n|---|--:|--:|--:|');
  for (const { name, kilobytes, least, median } of await importsOf())
    console.log(`| ${name} | ${kilobytes.toFixed(0)} | ${least.toFixed(0)} | ${median.toFixed(0)} |`);
}

export async function memory(): Promise<void> {
  const sizes = [128, 256, 512, 1024];
  const heads = sizes.map((mb) => `ms at ${mb}`).join(' | ');
  console.log(
    `\n### Functions by memory, one invocation at a time\n\n| function | invocations | CPU ms: import | first | later | calls | peak MB | ${heads} |\n|---|${'--:|'.repeat(6 + sizes.length)}`,
  );
  for (const use of await useOfFunctions()) {
    const { name, invocations, importMs, firstMs, cpuMs, calls, peakMb } = use;
    const numbers = [importMs, firstMs, cpuMs, calls, peakMb, ...sizes.map((mb) => durationMs(use, mb))];
    console.log(`| ${name} | ${invocations} | ${numbers.map((one) => one.toFixed(0)).join(' | ')} |`);
  }
  process.exit(0);
}

export async function speed(): Promise<void> {
  await printSpeed('in memory');
}

function benchFolder(): string {
  const dataDir = mkdtempSync(join(tmpdir(), 'cairn-bench-'));
  process.once('exit', () => rmSync(dataDir, { recursive: true, force: true }));
  return dataDir;
}

export async function speedOnDisk(): Promise<void> {
  const dataDir = benchFolder();
  await printSpeed(`on disk (${dataDir})`, dataDir);
}

/**
 * Warmed up by 500 events that all send. With `WIRE=1` the functions call all services by
 * HTTP. `ONLY`: cases whose name contains it.
 */
async function printSpeed(where: string, dataDir?: string): Promise<void> {
  const isWired = process.env.WIRE !== undefined;
  const cloud = await startCloud({ port: 0, isVirtual: false, isWired, dataDir });
  await prepare(cloud, 4_000);
  await speedOf(cloud, 'warm', { events: 500, size: 50, everyNth: 1 });
  console.log(
    `\n### Events a second, from POST to outbox, ${where}\n\n| | accepted/s | worked/s | p50 ms | p95 ms | CPU s per 1,000 | RSS MB |\n|---|--:|--:|--:|--:|--:|--:|`,
  );
  const cases: [string, Load][] = [
    ['single, 3 % start a run that sends', { events: 1_000, size: 1, everyNth: 33 }],
    ['batches of 50, 3 % start a run that sends', { events: 3_000, size: 50, everyNth: 33 }],
    ['single, all start a run that sends', { events: 500, size: 1, everyNth: 1 }],
    ['batches of 50, all start a run that sends', { events: 1_000, size: 50, everyNth: 1 }],
    ['single, 50 a second, all send one SMS', { events: 1_000, size: 1, everyNth: 1, work: ONE_SMS, pace: 50 }],
    ['single, all send one SMS', { events: 1_000, size: 1, everyNth: 1, work: ONE_SMS }],
    ['batches of 50, all send one SMS', { events: 2_000, size: 50, everyNth: 1, work: ONE_SMS }],
    ['batches of 50, nothing starts', { events: 6_000, size: 50 }],
  ];
  for (const [name, load] of cases.filter(([name]) => name.includes(process.env.ONLY ?? ''))) {
    const { acceptedPerSecond, perSecond, p50Ms, p95Ms, cpuSeconds, rssMegabytes } = await speedOf(
      cloud,
      name.replaceAll(/\W/g, ''),
      load,
    );
    const delays = load.everyNth === undefined ? '| |' : `| ${p50Ms} | ${p95Ms} |`;
    console.log(
      `| ${name} | ${acceptedPerSecond.toFixed(0)} | ${perSecond.toFixed(0)} ${delays} ${cpuSeconds.toFixed(2)} | ${rssMegabytes.toFixed(0)} |`,
    );
  }
  await cloud.stop();
  process.exit(0);
}
