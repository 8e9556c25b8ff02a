import { spawnSync } from 'node:child_process';
import { campaignCost, cost, dispatch, messages, rates, rules } from './cost-parts.ts';
import { exportsOfFacts } from './exports.ts';
import { lakeCost, lakeQuestions, lakeReports } from './lake-parts.ts';
import {
  campaignOnDisk,
  campaignSpeed,
  imports,
  memory,
  simulate,
  speed,
  speedOnDisk,
  waiting,
} from './speed-parts.ts';

/**
 * `npm run bench [part …]`: what events, runs and rules cost at list price (the same at every run); how fast this machine is, and how fast functions
 * load on it (not the same). `speed-disk`, `dispatch`, `waiting`, `memory`, `rates`, `campaign`, `campaign-disk`, `lake-reports`
 * and `exports` are run by name alone; `campaign 100000` says to how many it goes, `lake-reports 10000` how many messages there are, `lake-questions 100000`
 * and `exports 1000000` how many facts.
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
  'lake-cost': lakeCost,
  'lake-reports': lakeReports,
  'lake-questions': lakeQuestions,
  'campaign-cost': campaignCost,
  'campaign-speed': campaignSpeed,
  'campaign-disk': campaignOnDisk,
  exports: exportsOfFacts,
};
const USUAL = ['cost', 'messages', 'rules', 'lake-cost', 'speed', 'imports', 'simulate', 'lake-questions'];
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

async function campaign(): Promise<void> {
  runEach(['campaign-cost', 'campaign-speed']);
}
