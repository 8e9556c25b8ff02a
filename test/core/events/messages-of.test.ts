import { describe, expect, it } from 'vitest';
import { EventsMessageSchema } from '../../../core/events/event.ts';
import { messagesOf } from '../../../core/events/queue-messages.ts';
import { profileKeyOfUser } from '../../../core/ids.ts';
import { batch } from './builders.ts';

const page = (userId: string, messageId: string, more: Record<string, unknown> = {}) => ({
  type: 'page',
  userId,
  messageId,
  ...more,
});
const queued = (items: unknown[]) =>
  messagesOf(batch(items).accepted).map(({ group, body }) => [group, body.events.map((event) => event.id)]);
const [ann, bob] = ['ann', 'bob'].map(profileKeyOfUser);

describe('accepted events as messages', () => {
  it('are one message of each profile, in the order of the request', () => {
    expect(queued([page('ann', 'a1'), page('bob', 'b1'), page('ann', 'a2'), page('bob', 'b2')])).toEqual([
      [ann, ['a1', 'a2']],
      [bob, ['b1', 'b2']],
    ]);
  });

  it('an alias goes apart, behind what came before it of the old id', () => {
    const alias = { type: 'alias', userId: 'ann', previousId: 'old-ann', messageId: 'a2' };
    const old = profileKeyOfUser('old-ann');
    expect(queued([page('ann', 'a1'), page('old-ann', 'o1'), alias, page('ann', 'a3')])).toEqual([
      [ann, ['a1', 'a3']],
      [old, ['o1']],
      [old, ['a2']],
    ]);
    const thens = messagesOf(batch([page('ann', 'a1'), alias]).accepted).map(({ body }) => body.then);
    expect(thens).toEqual([undefined, 'alias']);
  });

  it('an alias of an id to itself is not mixed with its other events', () => {
    const alias = { type: 'alias', userId: 'ann', previousId: 'ann', messageId: 'a2' };
    expect(queued([page('ann', 'a1'), alias, page('ann', 'a3')])).toEqual([
      [ann, ['a1', 'a3']],
      [ann, ['a2']],
    ]);
  });

  it('none is over what SQS takes, and none is lost or out of order', () => {
    const items = Array.from({ length: 20 }, (_, at) =>
      page('ann', `a${at}`, { properties: { text: '界'.repeat(10_000) } }),
    );
    const messages = messagesOf(batch(items).accepted);
    expect(messages.map(({ body }) => body.events.length)).toEqual([8, 8, 4]);
    for (const { body } of messages)
      expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThanOrEqual(256 * 1024 - 256);
    expect(messages.flatMap(({ body }) => body.events.map((event) => event.index))).toEqual([...items.keys()]);
  });

  it('say who the profile is, and are what `process-events` reads', () => {
    const [message] = messagesOf(batch([page('ann', 'a1')]).accepted);
    expect(message?.body).toMatchObject({ profile: ann, identity: { kind: 'user', id: 'ann' } });
    expect(EventsMessageSchema.parse(message?.body)).toEqual(message?.body);
  });
});
