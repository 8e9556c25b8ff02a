import { describe, expect, it } from 'vitest';
import { byChannel } from '../../core/channels/registry.ts';
import { profileKeyOfUser } from '../../core/ids.ts';
import type { SendRequest } from '../../core/messages/send-request.ts';
import { sendMessage } from '../../engine/messages/send-message.ts';
import type { Outgoing } from '../../engine/ports.ts';
import { startRun } from '../../engine/runs/start-run.ts';
import { CLEAN, inMemory, senderDeps } from './check-history.ts';
import { Invocation } from './faults.ts';
import { rules } from './rules.ts';
import { HOUR, Script, START } from './script.ts';
import { Sim } from './simulation.ts';

/** Two that write without a common condition, each of which writes first and looks at the other after: these looks, and nothing else, join them. */

/** A customer whose message nobody has sent yet: its window opens 2 hours after the start. */
async function asked() {
  const requests: SendRequest[] = [];
  const sim: Sim = new Sim({
    ...{ tables: inMemory(() => sim.now), rules: rules(), seed: 1, faultRates: CLEAN, now: START },
    send: async (_sim, _invocation, request) => void requests.push(request),
  });
  for (const { message } of new Script('held').customer('Called').until(1).posts) if (message) sim.ingest(message);
  await sim.settle();
  const [request] = requests;
  if (request === undefined) throw new Error('nothing was requested');
  return { sim, request };
}

const paused = (by: 'push' | 'office') =>
  by === 'push' ? { channels: { push: { since: START } } } : { journeys: { office: { since: START } } };

describe.each(['push', 'office'] as const)('a message that a pause of %s holds', (by) => {
  /** Within its window; `resume` is called as its row is about to say that it is held. */
  async function holding(resume: (sim: Sim) => void) {
    const { sim, request } = await asked();
    sim.now = START + 3 * HOUR;
    const before = sim.rules.pointer;
    sim.rules.pointer = { ...before, ...paused(by) };
    const sent = { ...request, at: sim.now, validUntil: sim.now + HOUR };
    const queued: Outgoing[] = [];
    const deps = senderDeps(sim, new Invocation(), sent);
    // An instance may have the pointer of a moment ago, unless it asks for a newer one.
    const known = { snapshot: sim.rules.snapshot, pointer: sim.rules.pointer };
    const catalog = {
      ...deps.catalog,
      snapshot: async ({ since = 0 } = {}) =>
        since < sim.now ? known : { snapshot: sim.rules.snapshot, pointer: sim.rules.pointer },
    };
    const hold: typeof deps.messages.hold = async (...args) => {
      resume(sim);
      return deps.messages.hold(...args);
    };
    const senders = byChannel(() => ({ send: async (all: Outgoing[]) => void queued.push(...all) }));
    await sendMessage({ ...deps, catalog, senders, messages: { ...deps.messages, hold } }, sent);
    expect((await deps.messages.get(sent.message))?.state).toBe('held');
    return { sent, queued, sim, before };
  }

  it('goes to the gate again where it was resumed, and the held ones listed, before its row said so', async () => {
    const { sent, queued } = await holding((sim) => {
      sim.rules.pointer = { ...sim.rules.pointer, channels: {}, journeys: {} };
    });
    expect(queued).toEqual([{ body: { ...sent, released: true }, delaySeconds: 0 }]);
  });

  it('waits while the pause lasts', async () => {
    expect((await holding(() => undefined)).queued).toEqual([]);
  });
});

const RUN = { entry: 'run', profile: profileKeyOfUser('held-u'), journey: 'office', version: 1, key: 'another' };

describe('a run that parks for its message', () => {
  /** `before` is called as the run is about to park. */
  async function parking(before: (sim: Sim, message: string) => Promise<unknown>): Promise<Outgoing[]> {
    const { sim } = await asked();
    const deps = sim.runDeps(new Invocation());
    const enrolled: Outgoing[] = [];
    const requests: SendRequest[] = [];
    await deps.runs.create({ ...RUN, at: sim.now, data: {} }, sim.now);
    const parkPlanned: typeof deps.runs.parkPlanned = async (...args) => {
      await before(sim, requests[0]?.message ?? '');
      return deps.runs.parkPlanned(...args);
    };
    await startRun(
      {
        ...deps,
        runs: { ...deps.runs, parkPlanned },
        senders: byChannel(() => ({
          send: async (all: Outgoing[]) => void requests.push(...all.map(({ body }) => body as SendRequest)),
        })),
        enrolments: { send: async (all) => void enrolled.push(...all) },
      },
      { entry: RUN.entry, leg: 1 },
    );
    expect(requests).toHaveLength(1);
    expect(await deps.runs.get(RUN.entry)).toMatchObject({ status: 'parked', claim: { by: 'held' } });
    return enrolled;
  }

  /** Its sender has written the row, and found no parked run to resume. */
  const ends = (state: 'sent' | 'suppressed') => async (sim: Sim, message: string) => {
    const { messages } = sim.stores(new Invocation());
    const source = { kind: 'journey' as const, id: 'office', version: 1, node: 'letter', run: 'run' };
    const template = { id: 't', version: 1 };
    const profile = profileKeyOfUser('held-u');
    const draft = { id: message, profile, channel: 'push' as const, template, source, at: sim.now };
    const row = { ...draft, request: { message, profile, template, source, at: sim.now } };
    if (state === 'suppressed') return messages.refuse(row, 'suppressed', 'no-consent', sim.now);
    await messages.take(row, 'sender', sim.now, sim.now + 60_000);
    return messages.sent(message, 'sender', sim.now, 'push', 'p');
  };

  it.each(['sent', 'suppressed'] as const)(
    'goes on where it was %s before the run said that it waits',
    async (state) => {
      expect(await parking(ends(state))).toEqual([{ body: { entry: 'run', leg: 2 } }]);
    },
  );

  it('waits while the message is on its way', async () => {
    expect(await parking(async () => undefined)).toEqual([]);
  });

  it('goes on where it said so after the last look of a sender that was not to wait any more, and before the row was final', async () => {
    const { sim } = await asked();
    const deps = sim.runDeps(new Invocation());
    const enrolled: Outgoing[] = [];
    const enrolments = { send: async (all: Outgoing[]) => void enrolled.push(...all) };
    await deps.runs.create({ ...RUN, at: sim.now, data: {} }, sim.now);
    const requested = Promise.withResolvers<SendRequest>();
    const lookedAt = Promise.withResolvers<void>();
    const starting = startRun(
      {
        ...deps,
        enrolments,
        runs: {
          ...deps.runs,
          parkPlanned: async (...args) => lookedAt.promise.then(() => deps.runs.parkPlanned(...args)),
        },
        senders: byChannel(() => ({ send: async ([one]: Outgoing[]) => requested.resolve(one?.body as SendRequest) })),
      },
      { entry: RUN.entry, leg: 1 },
    );
    const request = await requested.promise;
    // The window opens.
    sim.now = START + 2 * HOUR;
    const sender = senderDeps(sim, new Invocation(), request);
    const send: typeof sender.provider.send = async (envelope) => {
      lookedAt.resolve();
      await starting;
      return sender.provider.send(envelope);
    };
    await sendMessage({ ...sender, enrolments, provider: { ...sender.provider, send } }, request);
    expect(await deps.runs.get(RUN.entry)).toMatchObject({ status: 'parked', claim: { by: 'held' } });
    expect(enrolled).toEqual([{ body: { entry: RUN.entry, leg: 2 } }]);
  });
});
