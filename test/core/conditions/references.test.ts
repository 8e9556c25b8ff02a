import { describe, expect, it } from 'vitest';
import { referencesOf } from '../../../core/conditions/references.ts';

describe('what a condition names', () => {
  it('is found at every depth, each once, in order', () => {
    expect(
      referencesOf({
        all: [
          { any: [{ tag: 'b' }, { tag: 'a' }, { not: { tag: 'b' } }] },
          { segment: 'vip' },
          { trait: 'home.city', eq: { trait: 'city' } },
          { event: ['Viewed', 'Saved'], count: { gte: { trait: 'goal' } }, where: { x: { eq: { trait: 'y.z' } } } },
          { template: 'promo', was: 'opened' },
          { journey: 'wake', is: 'open' },
          { journey: 'quote', ended: 'won' },
          { message: 'remind', was: 'clicked' },
          { coupon: 'gift', was: 'redeemed' },
          { data: 'x', gt: { trait: 'limit' } },
        ],
      }),
    ).toEqual({
      tags: ['a', 'b'],
      segments: ['vip'],
      traits: ['city', 'goal', 'home', 'limit', 'y'],
      events: ['@run-ended', 'Message Clicked', 'Message Opened', 'Saved', 'Viewed'],
      messages: ['remind'],
      coupons: ['gift'],
      templates: ['promo'],
      journeys: ['quote', 'wake'],
    });
  });

  it('are also the events of fatigue', () => {
    expect(referencesOf({ fatigued: 'email' }).events).toEqual(['Message Clicked', 'Message Opened', 'Message Sent']);
  });
});
