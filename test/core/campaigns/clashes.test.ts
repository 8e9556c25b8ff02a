import { describe, expect, it } from 'vitest';
import { clashesOf, type PlannedItem } from '../../../core/campaigns/clashes.ts';

const item = (id: string, at: string, more: Partial<PlannedItem> = {}): PlannedItem => ({
  id,
  at: Date.parse(at),
  kind: 'campaign',
  channels: ['email'],
  ...more,
});
const twoADay = [{ max: 2, per: 'day' as const }];
const clashes = (items: PlannedItem[], caps: Parameters<typeof clashesOf>[1] = twoADay) =>
  clashesOf(items, caps, 'Asia/Shanghai');

describe('clashes of what is planned', () => {
  const three = [
    item('c', '2026-11-30T08:00:00Z'),
    item('a', '2026-11-30T02:00:00Z'),
    item('b', '2026-11-30T03:00:00Z', { kind: 'journey' }),
  ];

  it('are more items on a day than the daily cap lets through', () => {
    expect(clashes(three)).toEqual([{ day: '2026-11-30', ids: ['a', 'b', 'c'] }]);
    expect(clashes(three.slice(1))).toEqual([]);
    expect(clashes(three, [{ max: 3, per: 'day' }])).toEqual([]);
  });

  it('are of local days, and of the customers’ own date where each gets it at home', () => {
    const late = item('c', '2026-11-30T16:00:00Z');
    expect(clashes([...three.slice(1), late])).toEqual([]);
    expect(clashes([...three.slice(1), { ...late, date: '2026-11-30' }])).toHaveLength(1);
  });

  it('count what goes to everybody for each segment', () => {
    const [one, two, three] = [
      item('all', '2026-11-30T02:00:00Z'),
      item('vip', '2026-11-30T03:00:00Z', { segment: 'vip' }),
      item('vip-2', '2026-11-30T04:00:00Z', { segment: 'vip' }),
    ] as const;
    const other = item('new', '2026-11-30T05:00:00Z', { segment: 'new' });
    expect(clashes([one, two, three, other])).toEqual([
      { day: '2026-11-30', ids: ['all', 'vip', 'vip-2'], segment: 'vip' },
    ]);
    expect(clashes([two, three, other])).toEqual([]);
  });

  it('of a cap on a channel are of what may go by it', () => {
    const caps = [{ max: 1, per: 'day' as const, channel: 'sms' as const }];
    const [first, second] = [
      item('a', '2026-11-30T02:00:00Z', { channels: ['sms', 'email'] }),
      item('b', '2026-11-30T03:00:00Z', { channels: ['sms'] }),
    ] as const;
    const byMail = item('c', '2026-11-30T04:00:00Z', { segment: 'vip' });
    expect(clashes([first, second, byMail], caps)).toEqual([{ day: '2026-11-30', ids: ['a', 'b'] }]);
  });

  it('are none by rolling caps and caps on a topic', () => {
    expect(
      clashes(three, [
        { max: 1, within: '7d' },
        { max: 1, per: 'day', topic: 'offers' },
      ]),
    ).toEqual([]);
  });

  it('come soonest day first', () => {
    const next = three.map((one) => ({ ...one, at: one.at + 86_400_000 }));
    expect(clashes([...next, ...three]).map(({ day }) => day)).toEqual(['2026-11-30', '2026-12-01']);
  });
});
