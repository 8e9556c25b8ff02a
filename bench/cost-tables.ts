import type { Calls } from './calls.ts';
import type { Line, RunCost } from './cost.ts';
import { isReading } from './meter.ts';
import type { NightCost } from './nights.ts';

export function printLines(title: string, lines: Line[]): void {
  console.log(`\n### ${title}\n\n| | per 1,000 | $ per million |\n|---|--:|--:|`);
  for (const { what: name, perThousand, dollarsPerMillion } of lines)
    console.log(`| ${name} | ${perThousand.toFixed(1)} | ${dollarsPerMillion.toFixed(3)} |`);
  const total = totalOf(lines);
  const transitions = lines.at(-1)?.dollarsPerMillion ?? 0;
  console.log(
    `| **all** | | **${total.toFixed(2)}** |\n| without transitions | | ${(total - transitions).toFixed(2)} |`,
  );
}

export function printCalls(what: string, { each, units, all }: Calls): void {
  console.log(`\n### DynamoDB calls of ${what}\n\n| | calls | read units | write units |\n|---|--:|--:|--:|`);
  const sums = { reads: 0, writes: 0 };
  for (const [call, count] of Object.entries(each)) {
    const used = units[call] ?? 0;
    const isRead = isReading(call);
    sums[isRead ? 'reads' : 'writes'] += used;
    console.log(
      `| ${call} | ${count.toFixed(2)} | ${isRead ? used.toFixed(2) : ''} | ${isRead ? '' : used.toFixed(2)} |`,
    );
  }
  console.log(`| **all** | **${all.toFixed(2)}** | **${sums.reads.toFixed(2)}** | **${sums.writes.toFixed(2)}** |`);
}

export function printExamples(examples: RunCost[]): void {
  console.log(
    '\n### One million runs of each example, of customers who answer nothing\n\n| journey | messages a run | transitions a run | $ transitions | $ all else |\n|---|--:|--:|--:|--:|',
  );
  for (const { journey, messages, transitions, lines } of examples) {
    const ofTransitions = lines.at(-1)?.dollarsPerMillion ?? 0;
    const allElse = totalOf(lines) - ofTransitions;
    console.log(`| ${journey} | ${messages} | ${transitions} | ${ofTransitions.toFixed(0)} | ${allElse.toFixed(0)} |`);
  }
}

export function printNights({ fixed, message }: NightCost): void {
  console.log(
    '\n### Nightly functions\n\n| | of a night, whatever happened | $ a month | of 1,000 messages | $ per million messages |\n|---|--:|--:|--:|--:|',
  );
  for (const [index, { what: name, perThousand, dollarsPerMillion }] of fixed.entries()) {
    const each = message[index];
    const [count, dollars] = [perThousand / 1_000, (dollarsPerMillion / 1e6) * 30];
    if (count === 0 && each?.perThousand === 0) continue;
    console.log(
      `| ${name} | ${count.toFixed(1)} | ${dollars.toFixed(4)} | ${each?.perThousand.toFixed(1)} | ${each?.dollarsPerMillion.toFixed(3)} |`,
    );
  }
  console.log(`| **all** | | ${((totalOf(fixed) / 1e6) * 30).toFixed(4)} | | ${totalOf(message).toFixed(3)} |`);
}

function totalOf(lines: Line[]): number {
  return lines.reduce((sum, line) => sum + line.dollarsPerMillion, 0);
}
