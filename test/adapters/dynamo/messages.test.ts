import { describe, expect, it } from 'vitest';
import { messageStore } from '../../../adapters/dynamo/messages.ts';
import type { Receipt } from '../../../core/messages/message.ts';
import type { Standing } from '../../../core/messages/standing.ts';
import type { Draft } from '../../../engine/messages/ports.ts';
import { MemoryTables } from '../../protocols/memory.ts';

const NOW = Date.parse('2026-11-02T01:00:00Z');
const source = { kind: 'api', id: 'ann' } as const;
const template = { id: 't', version: 1 };
const draft = {
  ...{ id: 'm', profile: 'p', channel: 'push', template, topic: undefined, source, at: NOW, links: undefined },
  request: { message: 'm', profile: 'p', template, source, at: NOW },
} as Draft;

/** A message that has ended so, and of which these receipts came. */
async function ended(how: 'sent' | 'unknown' | 'failed' | 'suppressed', ...receipts: Receipt[]) {
  const messages = messageStore(new MemoryTables().client, 'table');
  if (how === 'failed' || how === 'suppressed') await messages.refuse(draft, how, 'why', NOW);
  else {
    await messages.take(draft, 'one', NOW, NOW + 1);
    if (how === 'sent') await messages.sent('m', 'one', NOW, 'push', 'p');
    else await messages.unknown('m', 'one', NOW, 'silence');
  }
  for (const receipt of receipts) await messages.receive('m', receipt, { at: NOW });
  return messages;
}

describe('a person opens a message again', () => {
  it.each<[Parameters<typeof ended>]>([[['sent']], [['sent', 'delivered']], [['unknown', 'delivered']]])(
    'not where it may have arrived: %j',
    async (how) => {
      const messages = await ended(...how);
      expect(await messages.reopen('m', 'once', NOW)).toBe(false);
      expect((await messages.get('m'))?.state).toBe(how[0]);
    },
  );

  it.each<[Standing, Parameters<typeof ended>]>([
    [{ as: 'sent' }, ['sent', 'bounced']],
    [{ as: 'unknown' }, ['unknown']],
    [{ as: 'sent' }, ['unknown', 'bounced']],
    [{ as: 'failed', reason: 'why' }, ['failed']],
    [{ as: 'suppressed', reason: 'why' }, ['suppressed']],
  ])('that counted as %j: %j, once for each act', async (from, how) => {
    const messages = await ended(...how);
    expect(await messages.reopen('m', 'once', NOW)).toEqual({ from });
    await messages.refuse(draft, 'failed', 'again', NOW);
    expect(await messages.reopen('m', 'once', NOW)).toBe(false);
    expect(await messages.reopen('m', 'another', NOW)).toEqual({ from: { as: 'failed', reason: 'again' } });
  });

  it('and what was heard of it before is not heard of the next try', async () => {
    const messages = await ended('sent', 'delivered', 'bounced');
    await messages.reopen('m', 'once', NOW);
    const row = await messages.get('m');
    expect([row?.heardAt, row?.bouncedAt, row?.reason]).toEqual([undefined, undefined, undefined]);
    await messages.take(draft, 'two', NOW, NOW + 1);
    expect(await messages.unknown('m', 'two', NOW, 'silence')).toEqual({ to: { as: 'unknown' } });
    expect(await messages.receive('m', 'delivered', { at: NOW })).toMatchObject({
      move: { from: { as: 'unknown' }, to: { as: 'sent' } },
    });
  });
});
