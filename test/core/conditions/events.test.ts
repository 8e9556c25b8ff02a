import { describe, expect, it } from 'vitest';
import { evaluate } from '../../../core/conditions/evaluate.ts';
import type { EvaluationContext } from '../../../core/conditions/evaluation-context.ts';
import { type Condition, ConditionSchema, type JourneyCondition } from '../../../core/conditions/schema.ts';
import type { Verdict } from '../../../core/conditions/verdict.ts';
import type { CairnEvent } from '../../../core/events/event.ts';
import { runEndedEvent } from '../../../core/events/internal.ts';
import { context, DAY, event, NOW } from './builders.ts';

const daysAgo = (days: number): number => NOW - days * DAY;
const order = (days: number, total?: unknown): CairnEvent => event('Order Completed', daysAgo(days), { total });

const evaluated = (condition: Condition, events: CairnEvent[], rest: Partial<EvaluationContext> = {}): Verdict =>
  evaluate(ConditionSchema.parse(condition), { ...context({ events }), ...rest });

describe('a count of events', () => {
  const twice: Condition = { event: 'Order Completed', within: '30d', count: { gte: 2 } };

  it('is on while the window holds enough, and off at the instant when one leaves it', () => {
    expect(evaluated(twice, [order(1), order(20)])).toEqual({ is: true, changesAt: daysAgo(20) + 30 * DAY });
    expect(evaluated(twice, [order(1), order(20), order(25)])).toEqual({ is: true, changesAt: daysAgo(20) + 30 * DAY });
    expect(evaluated(twice, [order(1), order(31)])).toEqual({ is: false });
  });

  it('holds now but not what is exactly as old as the window', () => {
    expect(evaluated(twice, [order(0), order(29.99)]).is).toBe(true);
    expect(evaluated(twice, [order(0), order(30)]).is).toBe(false);
    const later = [order(0), event('Order Completed', NOW + 1)];
    expect(evaluated(twice, later)).toEqual({ is: false, changesAt: NOW + 1 });
  });

  it('is at least one in all time where nothing else is said', () => {
    expect(evaluated({ event: 'Order Completed' }, [order(4000)])).toEqual({ is: true });
    expect(evaluated({ event: 'Order Completed', within: 'ever' }, [])).toEqual({ is: false });
  });

  it('of none holds from the first second and comes back when the last one leaves', () => {
    const none: Condition = { event: 'Order Completed', within: '30d', count: { eq: 0 } };
    expect(evaluated(none, [])).toEqual({ is: true });
    expect(evaluated(none, [order(3), order(5)])).toEqual({ is: false, changesAt: daysAgo(3) + 30 * DAY });
  });

  it('counts several names together', () => {
    const both: Condition = { event: ['A', 'B'], within: '30d', count: { gte: 2 } };
    expect(evaluated(both, [event('A', NOW), event('B', NOW)]).is).toBe(true);
  });

  it('between two bounds turns on when the surplus leaves', () => {
    const some: Condition = { event: 'Order Completed', within: '90d', count: { gte: 1, lte: 2 } };
    expect(evaluated(some, [order(80), order(10), order(5)])).toEqual({ is: false, changesAt: daysAgo(80) + 90 * DAY });
  });
});

describe('a figure of events', () => {
  const orders = [order(1, 100), order(20, 700), order(25, 400), order(3, 'gift'), order(2)];

  it.each<[Condition]>([
    [{ event: 'Order Completed', within: '30d', sum: { of: 'total', eq: 1200 } }],
    [{ event: 'Order Completed', within: '30d', avg: { of: 'total', eq: 400 } }],
    [{ event: 'Order Completed', within: '30d', min: { of: 'total', eq: 100 } }],
    [{ event: 'Order Completed', within: '30d', max: { of: 'total', eq: 700 } }],
    [{ event: 'Order Completed', within: '30d', distinct: { of: 'total', eq: 4 } }],
    [{ event: 'Order Completed', within: '30d', count: { eq: 5 }, avg: { of: 'total', gte: 400 } }],
    [{ event: 'Nothing', sum: { of: 'total', eq: 0 } }],
    [{ event: 'Nothing', distinct: { of: 'total', lt: 1 } }],
  ])('%j holds', (condition) => {
    expect(evaluated(condition, orders).is).toBe(true);
  });

  it.each<[Condition]>([
    [{ event: 'Nothing', avg: { of: 'total', ne: 5 } }],
    [{ event: 'Nothing', min: { of: 'total', lt: 5 } }],
    [{ event: 'Nothing', max: { of: 'total', gte: 0 } }],
    [{ event: 'Order Completed', avg: { of: 'note', ne: 5 } }],
  ])('%j is false over nothing', (condition) => {
    expect(evaluated(condition, orders).is).toBe(false);
  });

  it('turns at the instant when the row that made the difference leaves', () => {
    const high: Condition = { event: 'Order Completed', within: '30d', avg: { of: 'total', gte: 400 } };
    expect(evaluated(high, orders)).toEqual({ is: true, changesAt: daysAgo(20) + 30 * DAY });
    const low: Condition = { event: 'Order Completed', within: '30d', max: { of: 'total', lt: 500 } };
    expect(evaluated(low, orders)).toEqual({ is: false, changesAt: daysAgo(20) + 30 * DAY });
  });

  it('aggregates elements of lists, and adds without losing cents', () => {
    const tens = [event('A', NOW, { items: Array.from({ length: 10 }, () => ({ price: 0.1 })) })];
    expect(evaluated({ event: 'A', sum: { of: 'items.price', eq: 1 } }, tens).is).toBe(true);
    expect(evaluated({ event: 'A', avg: { of: 'items.price', eq: 0.1 } }, tens).is).toBe(true);
  });

  it('distinguishes values of different types', () => {
    const mixed = [1, '1', true, null, undefined, [1, 2], 2].map((value) => event('A', NOW, { value }));
    expect(evaluated({ event: 'A', distinct: { of: 'value', eq: 4 } }, mixed).is).toBe(true);
  });

  it('compares with a trait', () => {
    const enough: Condition = { event: 'Order Completed', sum: { of: 'total', gte: { trait: 'goal' } } };
    expect(evaluated(enough, orders, { trait: () => 1200 }).is).toBe(true);
    expect(evaluated(enough, orders, { trait: () => 1201 }).is).toBe(false);
  });
});

describe('the newest event', () => {
  const old: Condition = { event: 'Order Completed', last: { olderThan: '180d' } };

  it('is older than D from exactly D later on, and there has to be one', () => {
    expect(evaluated(old, [])).toEqual({ is: false });
    expect(evaluated(old, [order(200), order(179)])).toEqual({ is: false, changesAt: daysAgo(179) + 180 * DAY });
    expect(evaluated(old, [order(200), order(180)])).toEqual({ is: true });
  });

  it('may be asked from both sides', () => {
    const between: Condition = { event: 'Order Completed', last: { olderThan: '10d', newerThan: '20d' } };
    expect(evaluated(between, [order(5)])).toEqual({ is: false, changesAt: daysAgo(5) + 10 * DAY });
    expect(evaluated(between, [order(15)])).toEqual({ is: true, changesAt: daysAgo(15) + 20 * DAY });
    expect(evaluated(between, [order(20)])).toEqual({ is: false });
  });
});

describe('what became of messages of a template', () => {
  const messageEvent = (name: string, days: number, rest: Record<string, unknown> = {}): CairnEvent =>
    event(name, daysAgo(days), { messageId: `m${days}`, channel: 'email', template: 'promo', ...rest });
  const was = (status: 'sent' | 'opened' | 'clicked' | 'bounced'): Condition => ({
    template: 'promo',
    was: status,
    within: '30d',
  });

  it('counts an earlier status as implied by a later one', () => {
    const clicked = [messageEvent('Message Clicked', 4)];
    expect(evaluated(was('sent'), clicked)).toEqual({ is: true, changesAt: daysAgo(4) + 30 * DAY });
    expect(evaluated(was('opened'), clicked).is).toBe(true);
    expect(evaluated(was('clicked'), [messageEvent('Message Opened', 4)]).is).toBe(false);
    expect(evaluated(was('bounced'), clicked).is).toBe(false);
  });

  it('leaves out machines and other templates', () => {
    expect(evaluated(was('clicked'), [messageEvent('Message Clicked', 1, { machine: true })]).is).toBe(false);
    expect(evaluated(was('clicked'), [messageEvent('Message Clicked', 1, { machine: false })]).is).toBe(true);
    expect(evaluated(was('clicked'), [messageEvent('Message Clicked', 1, { template: 'other' })]).is).toBe(false);
  });
});

describe('a channel that somebody is tired of', () => {
  const fatigue = [{ channel: 'email' as const, opened: 3, for: '30d' }];
  const about = (name: string, days: number, messageId: string, more: object = {}): CairnEvent =>
    event(name, daysAgo(days), { messageId, channel: 'email', ...more });
  const sent = (days: number, id = `m${days}`): CairnEvent => about('Message Sent', days, id);
  /** Opened an hour after it was sent. */
  const opened = (days: number, id = `m${days}`, more: object = {}): CairnEvent[] => [
    sent(days, id),
    about('Message Opened', days - 1 / 24, id, more),
  ];
  const clicked = (days: number, id: string): CairnEvent => about('Message Clicked', days, id);
  const tired = (events: CairnEvent[]): Verdict => evaluated({ fatigued: 'email' }, events, { fatigue });
  const three = [...opened(50), ...opened(40), ...opened(2)];

  it('is one whose newest messages were all opened and none clicked, until the time has passed since the newest opening', () => {
    expect(tired(three)).toEqual({ is: true, changesAt: daysAgo(2 - 1 / 24) + 30 * DAY });
    expect(tired([...opened(50), ...opened(40), ...opened(30 + 1 / 24)])).toEqual({ is: false });
    expect(tired([...opened(4), ...opened(2)])).toEqual({ is: false });
  });

  it('is none if one of the newest was not opened, however many others were', () => {
    expect(tired([...three, sent(1)]).is).toBe(false);
    expect(tired([...opened(60), ...opened(50), ...opened(40), sent(3), ...opened(2)]).is).toBe(false);
    expect(tired([...opened(9), sent(8), ...opened(7), ...opened(6), ...opened(5)]).is).toBe(true);
  });

  it('is none if one of the newest was clicked; a click on an older one changes nothing', () => {
    expect(tired([...three, clicked(1, 'm40')]).is).toBe(false);
    expect(tired([...three, ...opened(1.5), ...opened(1.2), clicked(1, 'm40')]).is).toBe(true);
  });

  it('counts each message once, whenever it was opened', () => {
    expect(tired([...opened(4, 'a'), about('Message Opened', 3, 'a'), ...opened(2, 'b')]).is).toBe(false);
    const late = Array.from({ length: 50 }, (_, index) => about('Message Opened', 0.5, `old-${index}`));
    expect(tired([...three, ...late]).is).toBe(true);
  });

  it('leaves out machines and other channels, and is none where the settings say nothing', () => {
    const two = [...opened(4), ...opened(3)];
    const sms = ['Message Sent', 'Message Opened'].map((name) => about(name, 1, 'm', { channel: 'sms' }));
    expect(tired([...two, ...sms]).is).toBe(false);
    expect(tired([...two, ...opened(2, 'm', { machine: true })]).is).toBe(false);
    expect(evaluated({ fatigued: 'email' }, three).is).toBe(false);
  });
});

describe('runs of journeys', () => {
  it('are open as the context says', () => {
    const journeys = (id: string) => ({ open: id === 'wake' });
    expect(evaluated({ journey: 'wake', is: 'open' }, [], { journeys }).is).toBe(true);
    expect(evaluated({ journey: 'quote', is: 'open' }, [], { journeys }).is).toBe(false);
    expect(evaluated({ journey: 'wake', is: 'open' }, []).is).toBe(false);
  });

  it('have ended as Cairn messageEvent itself', () => {
    const run = { entry: 'e', journey: 'wake', key: '', at: daysAgo(9) };
    const ended = runEndedEvent(run, 'woken', daysAgo(5));
    const woken: Condition = { journey: 'wake', ended: 'woken', within: '30d' };
    expect(evaluated(woken, [ended])).toEqual({ is: true, changesAt: daysAgo(5) + 30 * DAY });
    expect(evaluated({ journey: 'wake', ended: 'other' }, [ended]).is).toBe(false);
  });
});

describe('in a journey', () => {
  const inRun = (condition: JourneyCondition, events: CairnEvent[] = []): Verdict =>
    evaluate(
      condition,
      context({
        events,
        data: { answer: { about: 'price', list: ['a', 'b'] } },
        run: {
          at: daysAgo(10),
          visitedAt: (node) => (node === 'remind' ? daysAgo(5) : undefined),
          message: (node) =>
            node === 'remind'
              ? {
                  history: [
                    { status: 'sent', at: daysAgo(5) },
                    { status: 'opened', at: daysAgo(4) },
                    { status: 'clicked', at: daysAgo(3), machine: true },
                  ],
                }
              : undefined,
          couponRedeemed: (node) => node === 'gift',
        },
      }),
    );

  it('events count since the entry or the last visit of a node, and never leave', () => {
    const login = [event('Logged In', daysAgo(6))];
    expect(inRun({ event: 'Logged In', since: 'entry' }, login)).toEqual({ is: true });
    expect(inRun({ event: 'Logged In', since: 'remind' }, login)).toEqual({ is: false });
    expect(inRun({ event: 'Logged In', since: 'never-visited', count: { eq: 0 } }, login)).toEqual({ is: false });
    expect(inRun({ event: 'Logged In', since: 'entry' }, [event('Logged In', daysAgo(10))])).toEqual({ is: false });
  });

  it('a message was what its history says, without machines', () => {
    expect(inRun({ message: 'remind', was: 'delivered' }).is).toBe(true);
    expect(inRun({ message: 'remind', was: 'opened' }).is).toBe(true);
    expect(inRun({ message: 'remind', was: 'clicked' }).is).toBe(false);
    expect(inRun({ message: 'remind', was: 'bounced' }).is).toBe(false);
    expect(inRun({ message: 'other', was: 'sent' }).is).toBe(false);
  });

  it('a coupon and data are what the run knows', () => {
    expect(inRun({ coupon: 'gift', was: 'redeemed' }).is).toBe(true);
    expect(inRun({ coupon: 'other', was: 'redeemed' }).is).toBe(false);
    expect(inRun({ data: 'answer.about', eq: 'price' }).is).toBe(true);
    expect(inRun({ data: 'answer.list', contains: 'b' }).is).toBe(true);
    expect(inRun({ data: 'answer.none', exists: false }).is).toBe(true);
  });

  it('outside of a run nothing of it is there', () => {
    expect(evaluate({ event: 'A', since: 'entry', count: { eq: 0 } }, context()).is).toBe(false);
    expect(evaluate({ message: 'remind', was: 'sent' }, context()).is).toBe(false);
    expect(evaluate({ coupon: 'gift', was: 'redeemed' }, context()).is).toBe(false);
    expect(evaluate({ data: 'x', exists: false }, context()).is).toBe(true);
  });
});
