import { DONE, journeyOf } from './builders.ts';

/** One of each node type, each with all that it can say. */
export const everyNode = journeyOf(
  {
    begin: { type: 'wait', until: { time: '10:00', days: ['mon', 'tue'] }, next: 'test' },
    test: {
      type: 'split',
      ways: [
        { name: 'a', weight: 90, next: 'gift' },
        { name: 'hold', weight: 10, holdout: true, next: 'done' },
      ],
    },
    gift: { type: 'coupon', pool: 'pool', next: 'hello', onEmpty: 'hello' },
    hello: { type: 'send', template: 'hello', channels: ['push', 'sms'], next: 'react' },
    react: {
      type: 'wait-for',
      timeout: { sinceEntry: '72h' },
      onTimeout: 'mark',
      since: 'entry',
      for: [
        { message: 'hello', was: 'clicked', next: 'mark' },
        { event: 'Survey Answered', where: { about: 'price' }, as: 'answer', since: 'hello', next: 'quote' },
        { tag: 'vip', on: 'added', next: 'call' },
      ],
    },
    mark: {
      type: 'update',
      traits: { greeted: 'by {{ event.source }}' },
      addTags: ['met'],
      removeTags: ['new'],
      next: 'which',
    },
    quote: { type: 'journey', journey: 'quote', data: { about: '{{ data.answer.about }}' }, key: 'k', next: 'which' },
    call: {
      type: 'task',
      queue: 'sales',
      title: 'Call {{ profile.name }}',
      await: { timeout: '2d', outcomes: { won: 'which', lost: 'done' }, onTimeout: 'crm' },
    },
    crm: {
      type: 'webhook',
      url: 'https://example.com/crm',
      body: { id: '{{ profile.id }}' },
      next: 'done',
      onError: 'done',
    },
    which: {
      type: 'branch',
      cases: [
        {
          if: {
            all: [
              { message: 'hello', was: 'clicked' },
              { coupon: 'gift', was: 'redeemed' },
            ],
          },
          next: 'done',
        },
      ],
      default: 'done',
    },
    done: { ...DONE, outcome: 'greeted' },
  },
  { exit: [{ event: 'Order Completed', same: 'cart_id', outcome: 'ordered' }] },
);
