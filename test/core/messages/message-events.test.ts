import { describe, expect, it } from 'vitest';
import { isPublished, messageEvent } from '../../../core/messages/message-events.ts';
import { NOW } from '../events/builders.ts';

const message = {
  id: 'a-message',
  channel: 'email',
  template: { id: 'welcome', version: 3 },
  source: { kind: 'journey', id: 'new-customer', version: 1, node: 'greet', run: 'a-run' },
} as unknown as Parameters<typeof messageEvent>[0];

describe('events about messages', () => {
  it('names the message, its channel, template and source', () => {
    expect(messageEvent(message, 'clicked', NOW, { link: 'https://example.com/', machine: true })).toEqual({
      id: expect.stringMatching(/^[a-z2-7]{26}$/),
      type: 'track',
      name: 'Message Clicked',
      at: NOW,
      receivedAt: NOW,
      index: 0,
      key: 'cairn',
      properties: {
        messageId: 'a-message',
        channel: 'email',
        template: 'welcome',
        source: 'journey:new-customer:greet',
        link: 'https://example.com/',
        machine: true,
      },
    });
  });

  it('the same fact again is the same event, another is another', () => {
    const id = (...asked: [Parameters<typeof messageEvent>[1], number, object?]) =>
      messageEvent(message, asked[0], asked[1], asked[2]).id;
    expect(id('opened', NOW)).toBe(id('opened', NOW + 5));
    const facts = [
      id('opened', NOW),
      id('clicked', NOW),
      id('clicked', NOW, { link: 'https://example.com/' }),
      id('opened', NOW, { machine: true }),
    ];
    expect(new Set(facts).size).toBe(4);
  });

  it('what the customer did is always published, the rest where a rule uses it', () => {
    expect(isPublished('unsubscribed', new Set())).toBe(true);
    expect(isPublished('delivered', new Set())).toBe(false);
    expect(isPublished('delivered', new Set(['Message Delivered']))).toBe(true);
  });
});
