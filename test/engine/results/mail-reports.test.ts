import { beforeEach, describe, expect, it } from 'vitest';
import type { Outcome } from '../../../engine/messages/ports.ts';
import { type MailReportsDeps, mailReport } from '../../../engine/results/mail-reports.ts';
import type { KeptSubscription } from '../../../engine/results/ports.ts';

const MINUTE = 60_000;
/** 09:00 in the settings' timezone. */
const NINE = Date.parse('2026-11-03T01:00:00Z');

let sent: string[];
let taken: Set<string>;
let mailedFor: number[];
let outcomes: Outcome[];
let broken: Set<string>;
let subscriptions: KeptSubscription[];
let wakes: string[];
let done: string[];

beforeEach(() => {
  sent = [];
  taken = new Set();
  mailedFor = [];
  outcomes = [];
  broken = new Set();
  wakes = [];
  done = [];
  subscriptions = [subscription('daily', ['ann@example.com', 'bob@example.com'])];
});

const subscription = (id: string, emails: string[]): KeptSubscription => ({
  id,
  scope: 'overview',
  every: 'day',
  time: '09:00',
  emails,
  createdAt: NINE - 48 * 60 * MINUTE,
  by: 'mia',
  at: 0,
});

function depsAt(now: number): MailReportsDeps {
  const silent = () => undefined;
  return {
    subscriptions: {
      get: async (id) => subscriptions.find((one) => one.id === id),
      mailed: async (id, due) => {
        mailedFor.push(due);
        subscriptions = subscriptions.map((one) => (one.id === id ? { ...one, mailedFor: due } : one));
      },
    },
    mails: {
      take: async (mail, address) => !taken.has(`${mail} ${address}`) && taken.add(`${mail} ${address}`) !== undefined,
      release: async (mail, address) => void taken.delete(`${mail} ${address}`),
    },
    mailer: {
      send: async (address) => {
        sent.push(address);
        return outcomes.shift() ?? { kind: 'sent', providerId: '1' };
      },
    },
    wakes: {
      set: async ({ id }) => void wakes.push(id),
      done: async (_kind, id) => void done.push(id),
    },
    cells: { read: async () => [] } as never,
    facts: {
      ask: async () => {
        if (broken.size > 0) throw new Error(broken.values().next().value);
        return [];
      },
    },
    costs: { between: async () => [], everyBetween: async () => [] },
    catalog: {
      snapshot: async () =>
        ({
          snapshot: { settings: { timezone: 'Asia/Shanghai', locale: 'en', money: { currency: 'CNY' } }, journeys: [] },
        }) as never,
    },
    definitions: { head: async () => undefined },
    alerts: { list: async () => ({ items: [] }) },
    clock: () => now,
    log: { info: silent, warn: silent },
  };
}
const at = (minutes: number, id = 'daily') =>
  mailReport(depsAt(NINE + minutes * MINUTE), { subscription: id, wake: 'this' });

describe('report mails', () => {
  it('go to each address once, however often and late it is looked', async () => {
    await at(-1);
    await Promise.all([at(0), at(0)]);
    await at(15);
    expect(sent.toSorted()).toEqual(['ann@example.com', 'bob@example.com']);
    expect(new Set(mailedFor)).toEqual(new Set([NINE]));
  });

  it('are not sent of days before the subscription, nor half a day late', async () => {
    subscriptions = [{ ...subscription('daily', ['ann@example.com']), createdAt: NINE + 1 }];
    await at(5);
    subscriptions = [subscription('daily', ['ann@example.com'])];
    await at(12 * 60 + 1);
    expect(sent).toEqual([]);
  });

  it('are tried again where the provider has certainly taken nothing, and only there', async () => {
    outcomes = [
      { kind: 'throttled', detail: '' },
      { kind: 'unknown', detail: '' },
    ];
    await at(0);
    expect(mailedFor).toEqual([]);
    await at(15);
    await at(30);
    expect(sent).toEqual(['ann@example.com', 'bob@example.com', 'ann@example.com']);
    expect(mailedFor).toEqual([NINE]);
  });

  it('are not repeated by one who comes after a death amid them', async () => {
    taken.add('overview#day#2026-11-02 ann@example.com');
    await at(15);
    expect(sent).toEqual(['bob@example.com']);
  });

  it('are one for each address and report, however the subscription is changed, or others name it', async () => {
    await at(0);
    const [daily] = subscriptions;
    subscriptions = [
      { ...subscription('daily', ['Ann@EXAMPLE.com', 'bob@example.com']), ...daily, time: '09:10' },
      { ...subscription('again', ['Ann@EXAMPLE.com', 'cai@example.com']), time: '09:20' },
    ];
    await at(10);
    await at(20, 'again');
    expect(sent).toEqual(['ann@example.com', 'bob@example.com', 'cai@example.com']);
    await at(24 * 60 + 10);
    expect(sent).toHaveLength(5);
  });

  it('about what has gone are left out, and the next one is due', async () => {
    subscriptions = [{ ...subscription('daily', ['ann@example.com']), scope: 'campaign:gone' }];
    await at(0);
    expect({ sent, wakes, done }).toEqual({ sent: [], wakes: [`daily#${NINE + 24 * 60 * MINUTE}`], done: ['this'] });
  });

  it('wait for a report that cannot be made now', async () => {
    broken.add('no lake');
    await expect(at(0)).rejects.toThrow('no lake');
    expect({ sent, done }).toEqual({ sent: [], done: [] });
    broken.clear();
    await at(15);
    expect(sent).toHaveLength(2);
  });

  it('are followed by the next one, and end with their subscription', async () => {
    outcomes = [{ kind: 'throttled', detail: '' }];
    await at(0);
    expect({ wakes, done }).toEqual({ wakes: [], done: [] });
    await at(10);
    expect({ wakes, done }).toEqual({ wakes: [`daily#${NINE + 24 * 60 * MINUTE}`], done: ['this'] });
    await at(0, 'deleted');
    expect({ wakes: wakes.length, done: done.length }).toEqual({ wakes: 1, done: 2 });
  });
});
