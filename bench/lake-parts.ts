import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCloud } from '../local/cloud.ts';
import type { Cloud } from '../local/running-cloud.ts';
import { costOfCounting } from './lake-cost.ts';
import { speedOfQuestions } from './lake-questions.ts';
import { holdMessages, speedOfReports } from './lake-reports.ts';
import { startMetered } from './meter.ts';

const FACTS = 1_000_000;
const MESSAGES = 100_000;
const DAY_MS = 24 * 3_600_000;

export async function lakeCost(): Promise<void> {
  const { meter, cloud, stop } = await startMetered();
  console.log(
    '\n### Counting what happened, by how many facts come in a batch\n\n| facts | write units each | files of 1,000 facts | $ per million messages: counters and marks | S3 | queue | all |\n|--:|--:|--:|--:|--:|--:|--:|',
  );
  for (const { facts, writeUnitsEach, putsPerThousand, counters, puts, queue } of await costOfCounting(cloud, meter)) {
    const dollars = [counters, puts, queue, counters + puts + queue].map((one) => one.toFixed(3));
    console.log(`| ${[facts, writeUnitsEach.toFixed(4), putsPerThousand.toFixed(2), ...dollars].join(' | ')} |`);
  }
  await stop();
}

export async function lakeReports(messages = MESSAGES): Promise<void> {
  const dataDir = benchFolder();
  const cloud = await startCloud({ port: 0, isVirtual: true, dataDir });
  const facts = await holdMessages(cloud, messages);
  console.log(
    `\n### Reports by HTTP, of ${messages} messages (${facts} facts) on disk\n\n| files | report | at once | p50 ms | p95 ms | CPU ms |\n|---|---|--:|--:|--:|--:|`,
  );
  await printReports('as they came', cloud);
  // Parts of the last ten minutes may come again, and locally the night compacts.
  await cloud.time.advance(() => cloud.clock.now() + DAY_MS);
  await printReports('compacted', cloud);
  await cloud.stop();
  process.exit(0);
}

async function printReports(files: string, cloud: Cloud): Promise<void> {
  for await (const { report, atOnce, p50Ms, p95Ms, cpuMs } of speedOfReports(cloud))
    console.log(`| ${[files, report, atOnce, p50Ms.toFixed(0), p95Ms.toFixed(0), cpuMs.toFixed(0)].join(' | ')} |`);
}

export async function lakeQuestions(facts = FACTS): Promise<void> {
  console.log(`\n### Questions to a lake of ${facts} facts\n\n| | s | CPU s | MB at the most |\n|---|--:|--:|--:|`);
  for (const { question, seconds, cpuSeconds, rssMegabytes } of await speedOfQuestions(benchFolder(), facts))
    console.log(`| ${[question, seconds.toFixed(2), cpuSeconds.toFixed(2), rssMegabytes.toFixed(0)].join(' | ')} |`);
}

function benchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cairn-lake-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
