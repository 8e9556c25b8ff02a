import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cairn, example } from './cairn.ts';
import { alerts, enter, guardrail, installJourney } from './guardrails-harness.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;
const content = { subject: 'News', text: 'New' };

beforeAll(async () => {
  cairn = await acquireCairn();
  await cairn.ok('admin', 'PUT', '/v1/settings', {
    ...(await example('settings', 'guardrails')),
    ...{ caps: [], approval: { required: false } },
  });
  await installJourney(cairn, 'low', { event: 'Low', channel: 'email', content });
  await installJourney(cairn, 'fair', { event: 'Fair', channel: 'email', content });
  await installJourney(cairn, 'text', { event: 'Text', channel: 'sms', content: { text: 'New' } });
});
afterAll(() => releaseCairn(cairn));

/** So many of those who got it open it; more do not, though a machine does. */
async function open(template: string, people: number): Promise<void> {
  const got = (await cairn.outbox({ channel: 'email' })).filter((sent) => sent.template === template);
  for (const { messageId } of got.slice(0, people))
    await cairn.local('POST', 'feedback', { messageId, kind: 'opened' });
  for (const { messageId } of got.slice(people, people + 5))
    await cairn.local('POST', 'feedback', { messageId, kind: 'opened', machine: true });
  await cairn.local('POST', 'settle');
}

describe('S10, the open rate of a step', { shuffle: false }, () => {
  it('is measured a day after sending, of what people opened', async () => {
    await enter(cairn, 'Low', 0, 201);
    await enter(cairn, 'Fair', 201, 200);
    await enter(cairn, 'Text', 401, 200);
    await open('low', 30);
    await open('fair', 30);
    await cairn.advance('23h');
    expect(await alerts(cairn)).toEqual([]);
    expect(await guardrail(cairn, 'low:notify')).toMatchObject({ sample: 0, state: 'too-few' });
    await cairn.advance('70m');
    expect(await guardrail(cairn, 'low:notify')).toMatchObject({ sample: 201, did: 30, state: 'breached' });
    expect(await guardrail(cairn, 'fair:notify')).toMatchObject({ sample: 200, did: 30, rate: 0.15, state: 'ok' });
    // Nobody can say whether an SMS was opened.
    expect(await guardrail(cairn, 'text:notify')).toMatchObject({ sample: 0, state: 'too-few' });
  }, 240_000);

  it('alerts below 15 %, at 14.9 and not at 15.0, and the journey runs on', async () => {
    expect(await alerts(cairn)).toEqual([
      expect.objectContaining({
        kind: 'guardrail',
        scope: 'node',
        scopeId: 'low:notify',
        metric: 'open',
        value: 30 / 201,
        threshold: 0.15,
        did: 'alerted',
      }),
    ]);
    expect(await cairn.ok('viewer', 'GET', '/v1/journeys/low')).toMatchObject({ status: 'published' });
    await enter(cairn, 'Low', 601, 1);
    const sent = await cairn.ok<{ items: object[] }>('viewer', 'GET', '/v1/messages?profileId=customer-601');
    expect(sent.items).toMatchObject([{ channel: 'email', status: 'sent' }]);
    expect(await cairn.local('GET', 'notices')).toMatchObject({
      items: [{ subject: 'Cairn: node low:notify needs a look (guardrail)' }],
    });
  });

  it('is acknowledged by a marketer', async () => {
    const [alert] = await alerts(cairn);
    await cairn.ok('marketer', 'POST', `/v1/alerts/${alert?.id}/acknowledge`);
    expect([await alerts(cairn), (await alerts(cairn, 'acknowledged')).length]).toEqual([[], 1]);
  });
});
