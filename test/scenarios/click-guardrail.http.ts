import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { alerts, enter, guardrail, installJourney } from './guardrails-harness.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;
const RULE = { metric: 'click', under: 0.2, atLeast: 10, matureAfter: '1h', do: 'alert' };

beforeAll(async () => {
  cairn = await acquireCairn();
  const guardrails = [
    { ...RULE, scope: 'node' },
    { ...RULE, scope: 'channel' },
  ];
  await cairn.ok('admin', 'PUT', '/v1/settings', { caps: [], floors: [], approval: { required: false }, guardrails });
  const journey = (id: string, channel: string, content: object) =>
    installJourney(cairn, id, { event: id, channel, content });
  await journey('linked', 'sms', { text: 'Look: https://shop.example/a' });
  await journey('plain', 'sms', { text: 'Hello' });
  await journey('mail', 'email', { subject: 'Hello', html: '<p>Hello</p>' });
});
afterAll(() => releaseCairn(cairn));

async function click(template: string, people: number): Promise<void> {
  const got = (await cairn.outbox({})).filter((sent) => sent.template === template);
  for (const { messageId } of got.slice(0, people))
    await cairn.local('POST', 'feedback', { messageId, kind: 'clicked' });
  await cairn.local('POST', 'settle');
}

describe('the click rate', () => {
  it('is that of the messages that have a counted link', async () => {
    await enter(cairn, 'linked', 0, 10);
    await enter(cairn, 'plain', 10, 20);
    await enter(cairn, 'mail', 30, 10);
    await click('linked', 2);
    // SES follows links of its own, such as that to the preference page.
    await click('mail', 1);
    await cairn.advance('70m');
    expect(await guardrail(cairn, 'linked:notify')).toMatchObject({ sample: 10, did: 2, rate: 0.2, state: 'ok' });
    expect(await guardrail(cairn, 'plain:notify')).toMatchObject({ sample: 0, did: 0, state: 'too-few' });
    expect(await guardrail(cairn, 'mail:notify')).toMatchObject({ sample: 0, did: 0, state: 'too-few' });
    expect(await guardrail(cairn, 'sms')).toMatchObject({ sample: 10, did: 2, rate: 0.2, state: 'ok' });
    expect(await alerts(cairn)).toEqual([]);
  });

  it('alerts where those that could be clicked were not', async () => {
    await enter(cairn, 'linked', 40, 1);
    await cairn.advance('70m');
    expect((await alerts(cairn)).map(({ scopeId, value }) => [scopeId, value]).toSorted()).toEqual([
      ['linked:notify', 2 / 11],
      ['sms', 2 / 11],
    ]);
  });
});
