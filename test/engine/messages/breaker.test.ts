import { beforeEach, describe, expect, it } from 'vitest';
import { breakerStore } from '../../../adapters/dynamo/breakers.ts';
import { catalogStore } from '../../../adapters/dynamo/catalog.ts';
import { liveRules } from '../../../adapters/dynamo/live-rules.ts';
import { type ProviderBreakers, providerBreakers } from '../../../engine/messages/breaker.ts';
import type { Outcome } from '../../../engine/messages/ports.ts';
import { MemoryTables } from '../../protocols/memory.ts';
import { TABLES } from '../../protocols/tables.ts';

const NOW = Date.parse('2026-11-02T01:00:00Z');
const PROVIDER = { name: 'p', channel: 'sms' } as const;

let now = NOW;
let client = new MemoryTables().client;
let raised: unknown[] = [];
let sender: ProviderBreakers;
beforeEach(async () => {
  now = NOW;
  ({ client } = new MemoryTables());
  raised = [];
  sender = newSender();
  // A pointer is there, as in any catalog that was used.
  await liveRules(client, TABLES.catalog).change(NOW, async (live) => ({ ...live }));
});

const newSender = () =>
  providerBreakers(
    breakerStore(client, TABLES.catalog),
    {
      raise: async (alert) => {
        raised.push(alert);
        return { ...alert, status: 'open' };
      },
    },
    () => now,
  );
const breaker = async () => {
  const store = catalogStore(client, { table: TABLES.catalog, pointerMaxAgeMs: 0, clock: () => now });
  return (await store.snapshot()).pointer.breakers?.p;
};
async function answers(outcome: Outcome['kind'], times: number, by = sender): Promise<void> {
  for (let count = 0; count < times; count += 1) await by.note(PROVIDER, outcome, false);
}

describe('a provider is left alone for 30 s', () => {
  it('once it has failed at half of 20 requests, counted by all senders; and an alert says so', async () => {
    await answers('sent', 5);
    await answers('sent', 5, newSender());
    await answers('temporary', 9);
    expect(await breaker()).toBeUndefined();
    // The other sender has told nobody of its successes: 5 and 15 make 20.
    await answers('unknown', 6, newSender());
    expect(await breaker()).toEqual({ channel: 'sms', since: NOW, until: NOW + 30_000 });
    expect(raised).toMatchObject([{ kind: 'breaker', value: 0.75, threshold: 0.5, did: 'alerted' }]);
  });

  it('by failures of one minute alone', async () => {
    await answers('temporary', 19);
    now += 60_000;
    await answers('temporary', 1);
    expect(await breaker()).toBeUndefined();
    now -= 10_000;
    await answers('temporary', 1);
    expect(await breaker()).toBeDefined();
  });

  it('and not for asking to be asked less, nor for refusing a message', async () => {
    await answers('throttled', 40);
    await answers('permanent', 40);
    await answers('temporary', 19);
    expect(await breaker()).toBeUndefined();
  });

  it('though it has asked to be asked less as well, which tells nothing of it', async () => {
    await answers('throttled', 40);
    await answers('temporary', 20);
    expect(await breaker()).toBeDefined();
  });

  it('from its first breach, whoever finds it failing after that', async () => {
    await answers('temporary', 20);
    now += 1_000;
    await answers('temporary', 1);
    expect(await breaker()).toEqual({ channel: 'sms', since: NOW, until: NOW + 30_000 });
  });
});

it('a sender tells of its successes 50 at a time', async () => {
  await answers('sent', 49);
  await answers('temporary', 20, newSender());
  expect(await breaker()).toBeDefined();
  await sender.note(PROVIDER, 'sent', true);
  await answers('sent', 50);
  await answers('temporary', 20, newSender());
  // 20 of more than 40.
  expect(await breaker()).toBeUndefined();
});

describe('a probe', () => {
  beforeEach(() => answers('temporary', 20));
  const seen = NOW + 30_000;

  it('is one message, and another after 30 s if its sender dies', async () => {
    now = seen;
    expect([await sender.claim(PROVIDER, seen), await newSender().claim(PROVIDER, seen)]).toEqual([true, false]);
    expect(await breaker()).toMatchObject({ until: seen + 30_000, probing: true });
    now += 30_000;
    expect(await sender.claim(PROVIDER, seen + 30_000)).toBe(true);
  });

  it('that fails leaves the provider alone', async () => {
    await sender.claim(PROVIDER, seen);
    await sender.note(PROVIDER, 'unknown', true);
    expect(await breaker()).toMatchObject({ probing: false });
    // No other alert.
    expect(raised).toHaveLength(1);
  });

  it('that goes through ends it, and forgets the failures', async () => {
    await sender.claim(PROVIDER, seen);
    await sender.note(PROVIDER, 'sent', true);
    await answers('temporary', 19);
    expect(await breaker()).toBeUndefined();
    await answers('temporary', 1);
    expect(await breaker()).toBeDefined();
  });
});
