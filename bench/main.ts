import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCloud } from '../local/cloud.ts';
import { callsOf } from './calls.ts';
import { costOfCampaign } from './campaign.ts';
import { speedOfCampaign } from './campaign-speed.ts';
import { costOfEvents, costOfExamples } from './cost.ts';
import { printCalls, printExamples, printLines, printNights } from './cost-tables.ts';
import { costOfDispatch } from './dispatch-due.ts';
import { durationMs } from './function-use.ts';
import { importsOf } from './imports.ts';
import { useOfFunctions } from './memory.ts';
import { costOfMessages } from './messages.ts';
import { startMetered } from './meter.ts';
import { costOfNights } from './nights.ts';
import { useOfRate } from './rates.ts';
import { costOfRules } from './rules.ts';
import { speedOfSimulate } from './simulate.ts';
import { type Load, prepare, speedOf } from './speed.ts';
import { waitingRuns } from './waiting.ts';
import { ONE_SMS } from './work.ts';

/**
 * `npm run bench [part …]`: what events, runs and rules cost at list price (the same at every run); how fast this machine is, and how fast functions
 * load on it (not the same). `speed-disk`, `dispatch`, `waiting`, `memory`, `rates`, `campaign` and `campaign-disk`
 * are run by name alone; `campaign 100000` says to how many it goes.
 */
const PARTS: Record<string, (count?: number) => Promise<void>> = {
  cost,
  messages,
  rules,
  speed,
  'speed-disk': speedOnDisk,
  imports,
  simulate,
  dispatch,
  waiting,
  memory,
  rates,
  campaign,
  'campaign-cost': campaignCost,
  'campaign-speed': campaignSpeed,
  'campaign-disk': campaignOnDisk,
};
const USUAL = ['cost', 'messages', 'rules', 'speed', 'imports', 'simulate'];
const RECIPIENTS = 2_000;
const asked = process.argv.slice(2).filter((argument) => !isCount(argument));
const count = process.argv.slice(2).find(isCount);
const [only] = asked;
if (asked.length === 1 && only !== undefined) {
  const part = PARTS[only];
  if (part === undefined) throw new Error(`there is no part ${only}; there are: ${Object.keys(PARTS).join(', ')}`);
  await part(count === undefined ? undefined : Number(count));
} else runEach(asked.length > 0 ? asked : USUAL);

function isCount(argument: string): boolean {
  return /^[1-9]\d*$/.test(argument);
}

/** One process cannot have both a virtual and a real clock. */
function runEach(parts: readonly string[]): void {
  const counts = count === undefined ? [] : [count];
  for (const part of parts) {
    const { status } = spawnSync(process.execPath, [process.argv[1] ?? '', part, ...counts], { stdio: 'inherit' });
    if (status !== 0) process.exit(status ?? 1);
  }
}

async function cost(): Promise<void> {
  const { meter, cloud, stop } = await startMetered();
  const { event, message } = await callsOf(cloud, meter);
  printCalls('an event that starts nothing, among 200 in batches of 50', event);
  printCalls('a message (an event, a run of one SMS), among 200 in batches of 50', message);
  await cloud.reset();
  printLines('One million events, in batches of 50: 5 of each of 10 profiles', await costOfEvents(cloud, meter));
  const nights = await costOfNights(cloud, meter);
  const examples = await costOfExamples(cloud, meter, nights.message);
  const [s1] = examples;
  if (s1 === undefined) throw new Error('there are no examples');
  printLines(`One million runs of S1 (${s1.transitions} transitions each; providers' fees apart)`, s1.lines);
  printCalls('a run of S1, among 200', s1.calls);
  printExamples(examples);
  printNights(nights);
  await stop();
}

async function messages(): Promise<void> {
  const { meter, cloud, stop } = await startMetered();
  console.log(
    '\n### Write units of a message until it is sent, and of its first receipt\n\n| channel | row, indexes | sent | counted for caps | counters | all | bytes of the row | receipt | bytes then |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|',
  );
  for (const { channel, writeUnits, each, rowBytes, receipt } of await costOfMessages(cloud, meter)) {
    const parts = ['PutItem messages', 'UpdateItem messages', 'PutItem profiles'].map((name) => each[name] ?? 0);
    const counters = writeUnits - parts.reduce((sum, units) => sum + units, 0);
    const units = [...parts, counters, writeUnits].map((one) => one.toFixed(2));
    const more = receipt === undefined ? ['–', '–'] : [receipt.writeUnits.toFixed(2), receipt.rowBytes];
    console.log(`| ${[channel, ...units, rowBytes, ...more].join(' | ')} |`);
  }
  await stop();
}

async function rates(): Promise<void> {
  console.log(
    '\n### 50,000 bulk messages on a queue, and one code: on a virtual clock\n\n| a second | code, s | all, s | most in a second | write units each | waits each |\n|--:|--:|--:|--:|--:|--:|',
  );
  for (const perSecond of [100, 250]) {
    const use = await useOfRate(50_000, perSecond);
    const figures = [use.codeSeconds.toFixed(2), use.seconds.toFixed(0), use.most];
    console.log(`| ${[perSecond, ...figures, use.writeUnitsEach.toFixed(3), use.waitsEach.toFixed(2)].join(' | ')} |`);
  }
}

async function campaign(): Promise<void> {
  runEach(['campaign-cost', 'campaign-speed']);
}

async function campaignCost(recipients = RECIPIENTS): Promise<void> {
  const { meter, cloud, stop } = await startMetered();
  const cost = await costOfCampaign(cloud, meter, recipients);
  printCalls(`a campaign's message, among ${recipients}: collecting the audience`, cost.collecting);
  printCalls('… freezing it and sending', cost.sending);
  printLines('One million recipients of a campaign of one SMS', cost.lines);
  await stop();
}

async function campaignSpeed(recipients = RECIPIENTS): Promise<void> {
  await printCampaign('in memory', recipients);
}

async function campaignOnDisk(recipients = RECIPIENTS): Promise<void> {
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

async function rules(): Promise<void> {
  console.log(
    '\n### One more event of a customer, by the number of live rules\n\n| rules | read units | write units | DynamoDB calls | CPU ms | bytes of features |\n|--:|--:|--:|--:|--:|--:|',
  );
  for (const one of await costOfRules([10, 100, 500]))
    console.log(
      `| ${one.rules} | ${one.readUnits.toFixed(1)} | ${one.writeUnits.toFixed(1)} | ${one.calls.toFixed(1)} | ${one.cpuMs.toFixed(1)} | ${one.featureBytes} |`,
    );
}

async function dispatch(): Promise<void> {
  console.log(
    '\n### Dispatching due profiles\n\n| profiles held | due | queued | read units | ms |\n|--:|--:|--:|--:|--:|',
  );
  for (const held of [10_000, 1_000_000]) {
    const { due, queued, readUnits, ms } = await costOfDispatch(held);
    console.log(`| ${held} | ${due} | ${queued} | ${readUnits.toFixed(1)} | ${ms.toFixed(0)} |`);
  }
}

async function waiting(): Promise<void> {
  const { runs, megabytes, seconds, publishMs } = await waitingRuns(10_000);
  console.log(
    `\n### Runs that wait, in the embedded cloud\n\n${runs} runs wait in ${megabytes.toFixed(0)} MB (RSS of the whole process at rest), entered in ${seconds.toFixed(0)} s; the journey was published in ${publishMs.toFixed(0)} ms.`,
  );
}

async function simulate(): Promise<void> {
  console.log('\n### Simulating 30 days of a customer, over HTTP\n\n| journey | p50 ms | p95 ms |\n|---|--:|--:|');
  for (const { journey, p50Ms, p95Ms } of await speedOfSimulate())
    console.log(`| ${journey} | ${p50Ms.toFixed(0)} | ${p95Ms.toFixed(0)} |`);
  process.exit(0);
}

async function imports(): Promise<void> {
  console.log('\n### Bundles\n\n| function | kB | ms to import, least | median |\n|---|--:|--:|--:|');
  for (const { name, kilobytes, least, median } of await importsOf())
    console.log(`| ${name} | ${kilobytes.toFixed(0)} | ${least.toFixed(0)} | ${median.toFixed(0)} |`);
}

async function memory(): Promise<void> {
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

async function speed(): Promise<void> {
  await printSpeed('in memory');
}

function benchFolder(): string {
  const dataDir = mkdtempSync(join(tmpdir(), 'cairn-bench-'));
  process.once('exit', () => rmSync(dataDir, { recursive: true, force: true }));
  return dataDir;
}

async function speedOnDisk(): Promise<void> {
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
