import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;
const NEVER_SENT = { not: { event: 'Message Sent', within: '30d', where: { template: 'nudge' } } };

beforeAll(async () => {
  cairn = await acquireCairn();
  await cairn.ok('marketer', 'PUT', '/v1/templates/nudge', {
    class: 'transactional',
    content: { sms: { text: 'Come back' } },
  });
});
afterAll(() => releaseCairn(cairn));
/** Data that one journey needs is then kept for no other. */
const live: string[] = [];
afterEach(async () => {
  for (const id of live.splice(0)) await cairn.ok('approver', 'POST', `/v1/journeys/${id}/archive`);
});

const send = (next: string) => ({ type: 'send', template: 'nudge', channels: ['sms'], next });

async function publish(id: string, journey: object): Promise<void> {
  await cairn.ok('marketer', 'PUT', `/v1/journeys/${id}`, { name: id, reentry: 'always', ...journey });
  await cairn.publish(id);
  live.push(id);
}

async function openedFourTimes(userId: string, event: string): Promise<number> {
  await cairn.identify(userId, { phone: '+8613800138000' });
  for (let time = 0; time < 4; time += 1) {
    await cairn.track(userId, event);
    await cairn.advance('1h');
  }
  const sent = await cairn.outbox({ template: 'nudge' });
  return sent.filter(({ profileId }) => profileId === userId).length;
}

async function simulated(journey: string, event: string): Promise<number> {
  const events = ['0s', '1h', '2h', '3h'].map((after) => ({ after, event }));
  const profile = { traits: { phone: '+8613800138000' } };
  const { messages } = await cairn.ok<{ messages: object[] }>('marketer', 'POST', `/v1/journeys/${journey}/simulate`, {
    profile,
    events,
    until: '2d',
  });
  return messages.length;
}

describe('what became of messages, asked of the customer', () => {
  it('keeps out of an audience whom a message was sent', async () => {
    await publish('by-audience', {
      entry: { event: 'App Opened' },
      audience: NEVER_SENT,
      start: 'nudge',
      nodes: { nudge: send('done'), done: { type: 'end' } },
    });
    expect(await simulated('by-audience', 'App Opened')).toBe(1);
    expect(await openedFourTimes('ann', 'App Opened')).toBe(1);
  });

  it('leads past a branch by the statuses of a template', async () => {
    await publish('by-branch', {
      entry: { event: 'Page Opened' },
      start: 'had',
      nodes: {
        had: {
          type: 'branch',
          cases: [{ if: { template: 'nudge', was: 'sent', within: '30d' }, next: 'done' }],
          default: 'nudge',
        },
        nudge: send('done'),
        done: { type: 'end' },
      },
    });
    expect(await simulated('by-branch', 'Page Opened')).toBe(1);
    expect(await openedFourTimes('bob', 'Page Opened')).toBe(1);
  });

  it('is simulated of messages sent before, by template, journey, age and what became of them', async () => {
    await cairn.ok('marketer', 'PUT', '/v1/tags/clicker', {
      name: 'Clicker',
      if: { template: 'nudge', was: 'clicked', within: '30d' },
    });
    const asked = async (condition: object, sent: object) => {
      await cairn.ok('marketer', 'PUT', '/v1/journeys/simulated', {
        name: 'Simulated',
        entry: { event: 'Mail Opened' },
        start: 'had',
        nodes: {
          had: { type: 'branch', cases: [{ if: condition, next: 'yes' }], default: 'no' },
          yes: { type: 'end', outcome: 'yes' },
          no: { type: 'end', outcome: 'no' },
        },
      });
      const profile = { sends: [{ ago: '2d', channel: 'sms', ...sent }] };
      const path = '/v1/journeys/simulated/simulate';
      return (await cairn.ok<{ outcome: string }>('marketer', 'POST', path, { profile })).outcome;
    };
    const had = { template: 'nudge', was: 'sent', within: '30d' };
    const bySms = { event: 'Message Sent', within: '30d', where: { template: 'nudge', channel: 'sms' } };
    const byNode = { event: 'Message Sent', where: { source: 'journey:promo:first' }, within: '30d' };
    expect(await asked(had, { template: 'nudge' })).toBe('yes');
    expect(await asked(had, { template: 'other' })).toBe('no');
    expect(await asked(had, { template: 'nudge', ago: '31d' })).toBe('no');
    expect(await asked(had, {})).toBe('no');
    expect(await asked({ ...had, was: 'opened' }, { template: 'nudge' })).toBe('no');
    expect(await asked({ ...had, was: 'opened' }, { template: 'nudge', was: 'clicked' })).toBe('yes');
    expect(await asked(bySms, { template: 'nudge' })).toBe('yes');
    expect(await asked(bySms, { template: 'nudge', channel: 'push' })).toBe('no');
    expect(await asked(byNode, { journey: 'promo', node: 'first' })).toBe('yes');
    expect(await asked(byNode, { journey: 'promo', node: 'second' })).toBe('no');
    expect(await asked({ tag: 'clicker' }, { template: 'nudge', was: 'clicked' })).toBe('yes');
    expect(await asked({ tag: 'clicker' }, { template: 'nudge' })).toBe('no');
  });

  it('leads past a branch where what was sent was suppressed', async () => {
    await publish('suppressed', {
      entry: { event: 'Cart Opened' },
      start: 'had',
      nodes: {
        had: {
          type: 'branch',
          cases: [{ if: { event: 'Message Suppressed', within: '1d' }, next: 'call' }],
          default: 'nudge',
        },
        nudge: send('done'),
        call: { type: 'end', outcome: 'call' },
        done: { type: 'end', outcome: 'nudged' },
      },
    });
    for (let time = 0; time < 2; time += 1) {
      await cairn.track('cid', 'Cart Opened');
      await cairn.advance('1h');
    }
    const { items } = await cairn.ok<{ items: { outcome?: string }[] }>(
      'marketer',
      'GET',
      '/v1/journeys/suppressed/runs?profileId=cid',
    );
    expect(items.map(({ outcome }) => outcome).sort()).toEqual(['call', 'nudged']);
  });
});
