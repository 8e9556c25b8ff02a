import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OWN_JOURNEYS, publishExamples, Receiver } from '../burst/cloud.ts';
import { HISTORIES } from '../burst/customers.ts';
import { type Findings, findingsOf, missingEvents } from '../burst/findings.ts';
import { burst, callsOf, customersOf } from '../burst/post.ts';
import { Cairn } from './cairn.ts';

/** Those who need no time between their calls, and are done with within 8 days; `npm run test:search` has all of them. */
const histories = HISTORIES.filter(({ traits, hour, days, lasts = 8 }) => !traits && !hour && !days && lasts <= 8);
const journeys = [...new Set(histories.flatMap((history) => history.journeys))].filter(
  (id) => !OWN_JOURNEYS.includes(id),
);
/** Most of them sign up or win a deal, which cause draws and webhook calls. */
const isOften = ({ id }: { id: string }) => id === 'sign-up' || id === 'deal';
const customers = [
  ...customersOf(histories.filter(isOften), 10),
  ...customersOf(
    histories.filter((history) => !isOften(history)),
    1,
  ),
].map((customer, index) => ({ ...customer, phone: `+861390000${1000 + index}` }));

let cairn: Cairn;
const receiver = new Receiver();
let missing: string[];
let findings: Findings;

beforeAll(async () => {
  const host = await receiver.start();
  cairn = await Cairn.start('2026-11-02T01:00:00.000Z', ['--memory', '--webhook-hosts', host]);
  await publishExamples(cairn, journeys, host, customers.length);
  const now = Date.parse(await cairn.now());
  const calls = customers.map((customer) => callsOf(customer, 'calls', now, now));
  await burst(() => cairn, calls, 'ordered');
  await cairn.local('POST', 'settle');
  missing = await missingEvents(cairn, customers);
  await cairn.advance('9d');
  findings = await findingsOf(cairn, journeys, customers, receiver);
}, 180_000);
afterAll(async () => {
  await cairn.stop();
  receiver.stop();
});

describe('customers of many kinds, posted by eight clients without a pause', () => {
  it('have each of their events once', () => expect(missing).toEqual([]));

  it('get once what the examples say', () => expect(findings.customers).toEqual([]));

  it('are counted once, draw codes of their own, and leave nothing unknown', () =>
    expect(findings).toMatchObject({ faults: [], unknown: 0 }));
});
