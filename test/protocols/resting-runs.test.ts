import { describe, expect, it } from 'vitest';
import { profileKeyOfUser } from '../../core/ids.ts';
import type { SendRequest } from '../../core/messages/send-request.ts';
import type { Run } from '../../core/runs/run.ts';
import type { SenderDeps } from '../../engine/messages/deps.ts';
import type { Draft } from '../../engine/messages/ports.ts';
import { sendMessage } from '../../engine/messages/send-message.ts';
import type { Outgoing } from '../../engine/ports.ts';
import { HELD } from '../../engine/runs/finish-plan.ts';
import { inMemory, senderDeps, simulation } from './check-history.ts';
import { Invocation } from './faults.ts';
import { HOUR, Script, START } from './script.ts';

/** A run that rests until its message has ended is resumed by the sender that ends it, and by each that finds it ended, since the other may have died. */

const LEASE_MS = 60_000;
const key = profileKeyOfUser('resting-u');

/** A subscribed customer, whose message a sender has had before; `rest` parks the run for it. */
async function asked() {
  const sim = simulation(inMemory);
  const { posts } = new Script('resting').identify('u', 0).track('user', 'u', 0, 'Subscribed');
  for (const { message, group } of posts) if (message) sim.ingest(message, group);
  await sim.advance(START + 0.5 * HOUR);
  const { messages, profiles, runs } = sim.stores(new Invocation());
  const { openRuns } = (await profiles.readActivity(key)) ?? {};
  const entry = openRuns?.letters?.entry ?? '';
  const at = sim.now;
  const source = { kind: 'journey', id: 'letters', version: 1, node: 'letter', run: entry } as const;
  const template = { id: 'letter', version: 1 };
  const request: SendRequest = { message: 'm', profile: key, template, source, at, validUntil: at + HOUR };
  const draft: Draft = { id: 'm', profile: key, channel: 'push', template, source, at, request } as Draft;
  const run = await runs.get(entry);
  if (run === undefined) throw new Error('nobody has entered');
  const resting: Run = {
    ...run,
    status: 'parked',
    node: 'letter',
    claim: { way: { kind: 'waited' }, by: HELD },
  };
  let now = run;
  const rest = () => {
    now = resting;
  };
  const deps = senderDeps(sim, new Invocation(), request);
  const enrolled: unknown[] = [];
  const enrolments = { send: async (all: Outgoing[]) => void enrolled.push(...all.map(({ body }) => body)) };
  const deliver = (body: SendRequest, more: Partial<SenderDeps> = {}) =>
    sendMessage({ ...deps, runs: { get: async () => now }, enrolments, ...more }, body);
  const next = { entry, leg: run.leg + 1 };
  return { sim, request, draft, messages, deps, rest, deliver, enrolled, next };
}
type Asked = Awaited<ReturnType<typeof asked>>;

/** Ends the message between this delivery's counting and its take; its run rests since. */
async function overtaken(end: (all: Asked) => Promise<unknown>) {
  const all = await asked();
  const { deps, deliver, rest, request } = all;
  const take: typeof deps.messages.take = async (...args) => {
    await end(all);
    rest();
    return deps.messages.take(...args);
  };
  await deliver(request, { messages: { ...deps.messages, take } });
  return all;
}

describe('is resumed by a first request that comes again, though it knows nothing of a release, and its message', () => {
  it('was refused meanwhile', async () => {
    const { enrolled, next } = await overtaken(({ messages, draft, sim }) =>
      messages.refuse(draft, 'suppressed', 'expired', sim.now),
    );
    expect(enrolled).toEqual([next]);
  });

  it('was sent meanwhile', async () => {
    const { enrolled, next } = await overtaken(async ({ messages, draft, sim }) => {
      await messages.take(draft, 'one', sim.now, sim.now + LEASE_MS);
      await messages.sent('m', 'one', sim.now, 'push', 'p');
    });
    expect(enrolled).toEqual([next]);
  });

  it('is lost with its sender', async () => {
    const { enrolled, next, messages } = await overtaken(({ messages, draft, sim }) =>
      messages.take(draft, 'lost', sim.now - LEASE_MS, sim.now),
    );
    expect((await messages.get('m'))?.state).toBe('unknown');
    expect(enrolled).toEqual([next]);
  });
});

describe('is resumed by a release of its message', () => {
  it('that is refused', async () => {
    const { request, rest, deliver, enrolled, next, messages } = await asked();
    rest();
    await deliver({ ...request, validUntil: START, released: true });
    expect((await messages.get('m'))?.state).toBe('suppressed');
    expect(enrolled).toEqual([next]);
  });

  it('that is sent, though the run parks after its sender has read it', async () => {
    const { request, rest, deliver, deps, enrolled, next } = await asked();
    const send: typeof deps.provider.send = (envelope) => {
      rest();
      return deps.provider.send(envelope);
    };
    await deliver({ ...request, released: true }, { provider: { ...deps.provider, send } });
    expect(enrolled).toEqual([next]);
  });
});

it('is not resumed by a message that ends while it walks', async () => {
  const { request, deliver, enrolled, sim } = await asked();
  await deliver({ ...request, released: true });
  expect(sim.outbox).toHaveLength(1);
  expect(enrolled).toEqual([]);
});
