import { callsOf } from './calls.ts';
import { costOfCampaign } from './campaign.ts';
import { costOfEvents, costOfExamples } from './cost.ts';
import { printCalls, printExamples, printLines, printNights } from './cost-tables.ts';
import { costOfDispatch } from './dispatch-due.ts';
import { costOfMessages } from './messages.ts';
import { startMetered } from './meter.ts';
import { costOfNights } from './nights.ts';
import { useOfRate } from './rates.ts';
import { costOfRules } from './rules.ts';

export const RECIPIENTS = 2_000;

export async function cost(): Promise<void> {
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

export async function messages(): Promise<void> {
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

export async function rates(): Promise<void> {
  console.log(
    '\n### 50,000 bulk messages on a queue, and one code: on a virtual clock\n\n| a second | code, s | all, s | most in a second | write units each | waits each |\n|--:|--:|--:|--:|--:|--:|',
  );
  for (const perSecond of [100, 250]) {
    const use = await useOfRate(50_000, perSecond);
    const figures = [use.codeSeconds.toFixed(2), use.seconds.toFixed(0), use.most];
    console.log(`| ${[perSecond, ...figures, use.writeUnitsEach.toFixed(3), use.waitsEach.toFixed(2)].join(' | ')} |`);
  }
}

export async function campaignCost(recipients = RECIPIENTS): Promise<void> {
  const { meter, cloud, stop } = await startMetered();
  const cost = await costOfCampaign(cloud, meter, recipients);
  printCalls(`a campaign's message, among ${recipients}: collecting the audience`, cost.collecting);
  printCalls('… freezing it and sending', cost.sending);
  printLines('One million recipients of a campaign of one SMS', cost.lines);
  await stop();
}

export async function rules(): Promise<void> {
  console.log(
    '\n### One more event of a customer, by the number of live rules\n\n| rules | read units | write units | DynamoDB calls | CPU ms | bytes of features |\n|--:|--:|--:|--:|--:|--:|',
  );
  for (const one of await costOfRules([10, 100, 500]))
    console.log(
      `| ${one.rules} | ${one.readUnits.toFixed(1)} | ${one.writeUnits.toFixed(1)} | ${one.calls.toFixed(1)} | ${one.cpuMs.toFixed(1)} | ${one.featureBytes} |`,
    );
}

export async function dispatch(): Promise<void> {
  console.log(
    '\n### Dispatching due profiles\n\n| profiles held | due | queued | read units | ms |\n|--:|--:|--:|--:|--:|',
  );
  for (const held of [10_000, 1_000_000]) {
    const { due, queued, readUnits, ms } = await costOfDispatch(held);
    console.log(`| ${held} | ${due} | ${queued} | ${readUnits.toFixed(1)} | ${ms.toFixed(0)} |`);
  }
}
