import { describe, expect, it } from 'vitest';
import { byChannel, type Channel } from '../../core/channels/registry.ts';
import { type EpochMs, profileKeyOfUser } from '../../core/ids.ts';
import type { SendRequest } from '../../core/messages/send-request.ts';
import type { Source } from '../../core/messages/source.ts';
import type { MetricEvent } from '../../core/metrics/metric-event.ts';
import { foldConsents } from '../../core/profiles/consent.ts';
import type { CountedSends } from '../../core/profiles/counted-sends.ts';
import type { Profile } from '../../core/profiles/profile.ts';
import { type TemplateDefinition, TemplateSchema } from '../../core/templates/schema.ts';
import type { SenderDeps } from '../../engine/messages/deps.ts';
import type { Envelope } from '../../engine/messages/ports.ts';
import { sendMessage } from '../../engine/messages/send-message.ts';
import { Acting } from './acting.ts';
import { inMemory, senderDeps, simulation } from './check-history.ts';
import { Invocation } from './faults.ts';
import { MemoryTables } from './memory.ts';
import { HOUR, Script, START } from './script.ts';
import type { Sim } from './simulation.ts';

const key = profileKeyOfUser('looks-u');
const NUMBER = { channel: 'sms', value: '+8613800138000' } as const;
/** A message that comes back this often waits for something. */
const MAX_DELIVERIES = 4;

const OFFER = TemplateSchema.parse({
  class: 'marketing',
  topic: 'offers',
  content: { sms: { text: 'T' }, push: { title: 'T', body: 'B' } },
});
const CODE = TemplateSchema.parse({ class: 'transactional', content: { sms: { text: 'T' } } });

/** The calls of a last look, which are made at once: of the profile, and of run and addresses. */
type Look = 'QueryCommand' | 'BatchGetCommand';

/** An invocation during which something is done before one of its calls. It knows which calls were the last look. */
class Observed extends Acting {
  readonly lookedAt: Record<Look, number> = { QueryCommand: 0, BatchGetCommand: 0 };
  private hasTaken = false;

  override client<Client extends { send: (command: never) => Promise<unknown> }>(real: Client): Client {
    const send = (command: object) => {
      const { name } = command.constructor;
      const item = (command as { input?: { Item?: object } }).input?.Item;
      if (name === 'PutCommand' && item !== undefined && 'leaseUntil' in item) this.hasTaken = true;
      if (this.hasTaken && (name === 'QueryCommand' || name === 'BatchGetCommand'))
        this.lookedAt[name] ||= this.made + 1;
      return this.call(() => real.send(command as never), true);
    };
    return { send } as unknown as Client;
  }
}

interface Sending {
  sim: Sim;
  run: string;
  request: SendRequest;
}

/** A customer with a number and consent to everything, whose message is requested. */
async function asked(source?: Source, tables = inMemory): Promise<Sending> {
  const sim = simulation(tables);
  const { posts } = new Script('looks').identify('u', 0).track('user', 'u', 0, 'Subscribed');
  for (const { message, group } of posts) if (message) sim.ingest(message, group);
  await sim.advance(START + 0.5 * HOUR);
  const { profiles } = sim.stores(new Invocation());
  const { profile, activity } = await profiles.home(key);
  if (profile === undefined) throw new Error('there is no profile');
  const number = { value: NUMBER.value, status: 'ok' } as const;
  await profiles.updateProfile(key, profile, {
    ...profile,
    pv: profile.pv + 1,
    addresses: { ...profile.addresses, sms: number },
  });
  await says(sim, 'sms', true);
  sim.now += 1;
  const run = activity?.openRuns?.letters?.entry ?? '';
  const at = sim.now;
  const request: SendRequest = {
    message: 'm',
    profile: key,
    template: { id: 'offer', version: 1 },
    channels: ['sms'],
    source: source ?? { kind: 'journey', id: 'letters', version: 1, node: 'letter', run },
    at,
    validUntil: at + HOUR,
    runData: {},
    released: true,
  };
  return { sim, run, request };
}

async function says(sim: Sim, said: string, granted: boolean): Promise<void> {
  const entries = [{ key: said, entry: { granted, at: sim.now, source: 'page' as const } }];
  await sim.stores(new Invocation()).profiles.addConsents(key, entries, (now) => foldConsents(now, entries));
}

type Act = (sending: Sending, at: EpochMs) => Promise<unknown>;
const OTHER = profileKeyOfUser('looks-other');
/** `seenBy`: the call of the last look that finds it. */
const DONE: Record<string, { act: Act; reason: string; seenBy?: Look }> = {
  'an opt-out of the channel': {
    act: ({ sim }) => says(sim, 'sms', false),
    reason: 'no-consent',
    seenBy: 'QueryCommand',
  },
  'an opt-out of the topic': {
    act: ({ sim }) => says(sim, 'sms:offers', false),
    reason: 'no-consent',
    seenBy: 'QueryCommand',
  },
  'a STOP from the number': {
    act: ({ sim }, at) => sim.stores(new Invocation()).profiles.recordStopReply(NUMBER, false, at),
    reason: 'no-consent',
  },
  'a complaint about the address': {
    act: ({ sim }, at) => sim.stores(new Invocation()).profiles.markAddress(NUMBER, 'suppressed', at, 'complained'),
    reason: 'suppressed-address',
  },
  'a bounce of the address': {
    act: ({ sim }, at) => sim.stores(new Invocation()).profiles.markAddress(NUMBER, 'bad', at, 'bounced'),
    reason: 'bad-address',
  },
  'another profile that takes the address': {
    act: async ({ sim }, at) => {
      const { profiles } = sim.stores(new Invocation());
      await profiles.claimAddress(NUMBER, OTHER, at);
    },
    reason: 'no-address',
  },
  'an exit of the run': {
    act: ({ sim, run }, at) => sim.stores(new Invocation()).runs.close(run, 'exited', at, 'bought'),
    reason: 'exited',
  },
};

const catalogOf = ({ catalog }: SenderDeps, template: TemplateDefinition): SenderDeps['catalog'] => ({
  ...catalog,
  version: async (kind, ...of) =>
    kind === 'templates' ? ({ definition: template } as never) : catalog.version(kind, ...of),
});

/** Delivers the message until it comes back no more, the first time to `invocation`. Returns what was handed over. `isTwice`: each delivery is repeated. */
async function deliver(
  { sim, request }: Sending,
  invocation: Invocation,
  template = OFFER,
  isTwice = false,
  watch: (envelope: Envelope) => void = () => {},
) {
  const handed: string[] = [];
  const handedBy: Channel[] = [];
  const metrics: MetricEvent[] = [];
  const again: { to: Channel; body: SendRequest }[] = [];
  const depsOf = (by: Invocation, channel: Channel): SenderDeps => {
    const deps = senderDeps(sim, by, request, channel);
    return {
      ...deps,
      provider: {
        name: `aws-${channel}`,
        channel,
        send: (envelope) =>
          by.call(async () => {
            watch(envelope);
            handed.push(envelope.message);
            handedBy.push(channel);
            return { kind: 'sent', providerId: 'p' };
          }),
      },
      catalog: catalogOf(deps, template),
      senders: byChannel((to) => ({
        send: (all) =>
          by.call(async () => void again.push(...all.map(({ body }) => ({ to, body: body as SendRequest })))),
      })),
      metricEvents: { publish: (events) => by.call(async () => void metrics.push(...events)) },
    };
  };
  await sendMessage(depsOf(invocation, 'sms'), request);
  const requeued = again.map(({ body }) => body);
  let deliveries = 1;
  for (; deliveries < MAX_DELIVERIES; deliveries += 1) {
    const next = again.shift();
    if (next === undefined) break;
    const times = isTwice ? 2 : 1;
    await Promise.all(Array.from({ length: times }, () => sendMessage(depsOf(new Invocation(), next.to), next.body)));
  }
  return { handed, handedBy, metrics, requeued, deliveries, isLeft: again.length > 0 };
}

/** Does it before each call of a sender in turn, and hands each outcome to `check`, with whether it came before the last look. */
async function beforeEachCall(
  { act, seenBy = 'BatchGetCommand' }: Pick<(typeof DONE)[string], 'act' | 'seenBy'>,
  check: (sending: Sending, outcome: Awaited<ReturnType<typeof deliver>>, isInTime: boolean) => Promise<void>,
  source?: Source,
): Promise<number> {
  let inTime = 0;
  for (let before = 1; ; before += 1) {
    const sending = await asked(source);
    const invocation = new Observed(before, () => act(sending, sending.sim.now));
    const outcome = await deliver(sending, invocation);
    if (invocation.made < before) return inTime;
    // Without a look, it had found its reason before.
    const lookedAt = invocation.lookedAt[seenBy];
    const isInTime = lookedAt === 0 || before <= lookedAt;
    if (isInTime) inTime += 1;
    await check(sending, outcome, isInTime);
  }
}

describe('a message is not handed over once this is committed, at whichever call of its sender:', () => {
  it.each(Object.entries(DONE))('%s', async (_, { act, reason, seenBy }) => {
    const inTime = await beforeEachCall(
      { act, ...(seenBy && { seenBy }) },
      async ({ sim, request }, { handed, metrics, requeued }, isInTime) => {
        const { messages, profiles } = sim.stores(new Invocation());
        const row = await messages.get('m');
        if (!isInTime) {
          // It came between the last look and the provider, or after it: this is what stays open.
          expect([handed, row?.state]).toEqual([['m'], 'sent']);
          return;
        }
        expect(handed).toEqual([]);
        expect(row).toMatchObject({ state: 'suppressed', reason });
        expect(await profiles.readSends(key)).toEqual({});
        expect(metrics).toMatchObject([{ metric: 'suppressed', detail: reason }]);
        // What it needs to resume its run comes back with it.
        for (const one of requeued) expect(one).toEqual({ ...request, lookedAgain: true });
      },
    );
    // The gate's reading of the profile, the count, the take, and the look.
    expect(inTime).toBe(seenBy === 'QueryCommand' ? 4 : 5);
  });

  it('nor where no run has sent it', async () => {
    const done = DONE['an opt-out of the channel'];
    if (done === undefined) throw new Error('it is above');
    const { reason } = done;
    await beforeEachCall(
      done,
      async ({ sim }, { handed }, isInTime) => {
        expect(handed).toEqual(isInTime ? [] : ['m']);
        if (isInTime)
          expect(await sim.stores(new Invocation()).messages.get('m')).toMatchObject({ state: 'suppressed', reason });
      },
      { kind: 'test', id: 'offer' },
    );
  });
});

it('a message waits for a merge that fences the consents after they were read, and is judged by those of the survivor', async () => {
  const into = profileKeyOfUser('looks-v');
  const act: Act = async ({ sim }) => {
    const { profiles } = sim.stores(new Invocation());
    const { activity } = await profiles.query(key);
    await profiles.fenceActivity(key, into, sim.now + HOUR, activity);
    await profiles.fence(key, 'consents', into);
  };
  await beforeEachCall({ act, seenBy: 'QueryCommand' }, async ({ sim }, { handed, requeued }, isInTime) => {
    expect(handed).toEqual(isInTime ? [] : ['m']);
    if (!isInTime) return;
    expect(requeued).toHaveLength(1);
    expect((await sim.stores(new Invocation()).messages.get('m'))?.state).not.toBe('sending');
  });
});

it('goes to the addresses that are left, where a mark takes one of several', async () => {
  const { sim, request } = await asked();
  const { profiles } = sim.stores(new Invocation());
  const { profile } = await profiles.home(key);
  if (profile === undefined) throw new Error('there is no profile');
  const push = ['one', 'two'].map((value) => ({ value, status: 'ok' as const, platform: 'ios' as const, at: START }));
  await profiles.updateProfile(key, profile, {
    ...profile,
    pv: profile.pv + 1,
    addresses: { ...profile.addresses, push },
  });
  const deps = senderDeps(sim, new Invocation(), request);
  const targets: unknown[] = [];
  const take: typeof deps.messages.take = async (...args) => {
    await profiles.markAddress({ channel: 'push', value: 'one' }, 'bad', sim.now, 'gone');
    return deps.messages.take(...args);
  };
  const send: typeof deps.provider.send = async (envelope) => {
    targets.push(envelope.target);
    return deps.provider.send(envelope);
  };
  await sendMessage(
    {
      ...deps,
      catalog: catalogOf(deps, OFFER),
      messages: { ...deps.messages, take },
      provider: { ...deps.provider, send },
    },
    { ...request, channels: ['push'] },
  );
  expect(targets).toMatchObject([{ channel: 'push', tokens: [{ value: 'two' }] }]);
});

it('a transactional message that no run sends is not looked at again', async () => {
  const sending = await asked({ kind: 'api', id: 'shop' });
  const invocation = new Observed(0, async () => {});
  expect((await deliver(sending, invocation, CODE)).handed).toEqual(['m']);
  expect(invocation.lookedAt).toEqual({ QueryCommand: 0, BatchGetCommand: 0 });
});

/** Gives the customer two tokens too, and consent to push. */
async function withTokens(sending: Sending): Promise<Sending> {
  const { sim, request } = sending;
  const { profiles } = sim.stores(new Invocation());
  const { profile } = await profiles.home(key);
  if (profile === undefined) throw new Error('there is no profile');
  const push = ['one', 'two'].map((value) => ({ value, status: 'ok' as const, platform: 'ios' as const, at: START }));
  await profiles.updateProfile(key, profile, {
    ...profile,
    pv: profile.pv + 1,
    addresses: { ...profile.addresses, push },
  });
  await says(sim, 'push', true);
  sim.now += 1;
  return { ...sending, request: { ...request, channels: ['sms', 'push'] } };
}

const marks = async ({ sim }: Sending, refs: readonly { channel: 'sms' | 'push'; value: string }[]): Promise<void> => {
  const { profiles } = sim.stores(new Invocation());
  for (const ref of refs) await profiles.markAddress(ref, 'bad', sim.now, 'bounced');
};
const TOKENS = ['one', 'two'].map((value) => ({ channel: 'push' as const, value }));

const recordsRead = (sim: Sim, invocation: Invocation, read: string[]) => {
  const { profiles } = sim.stores(invocation);
  const { addressRecords } = profiles;
  profiles.addressRecords = (refs) => {
    read.push(...refs.map(({ channel }) => channel));
    return addressRecords(refs);
  };
};

describe('an address that the gate trusts without its record', () => {
  it('is bad: the message goes by the next channel, and the one after it no longer trusts it', async () => {
    const sending = await withTokens(await asked());
    await marks(sending, [NUMBER]);
    const [first, second]: string[][] = [[], []];
    const invocation = new Invocation();
    recordsRead(sending.sim, invocation, first ?? []);
    const outcome = await deliver(sending, invocation);
    // It is released, finds the next channel, and goes there.
    expect([first, outcome.handedBy, outcome.deliveries]).toEqual([[], ['push'], 3]);
    expect(Object.values(await sending.sim.stores(new Invocation()).profiles.readSends(key))).toMatchObject([
      { channel: 'push' },
    ]);

    sending.sim.now += 1;
    const next = { ...sending, request: { ...sending.request, message: 'n', at: sending.sim.now } };
    const later = new Invocation();
    recordsRead(sending.sim, later, second ?? []);
    const after = await deliver(next, later);
    expect(second).toContain('sms');
    expect([after.handedBy, after.deliveries]).toEqual([['push'], 2]);
    // No take was in vain.
    const history = (await sending.sim.stores(new Invocation()).messages.get('n'))?.history;
    expect(history?.map(({ status }) => status)).toEqual(['sending', 'sent']);
  });

  it('is bad as all others are: the message is refused with its reason, and counts nowhere', async () => {
    const sending = await withTokens(await asked());
    await marks(sending, [NUMBER, ...TOKENS]);
    const { handed, deliveries, isLeft, metrics } = await deliver(sending, new Invocation());
    expect([handed, deliveries, isLeft]).toEqual([[], 2, false]);
    const { messages, profiles } = sending.sim.stores(new Invocation());
    expect(await messages.get('m')).toMatchObject({ state: 'suppressed', reason: 'bad-address', channel: 'push' });
    expect(await profiles.readSends(key)).toEqual({});
    expect(metrics).toMatchObject([{ metric: 'suppressed', detail: 'bad-address' }]);
  });

  it('is not trusted where no message has counted since the consent was given long ago', async () => {
    const sending = await asked();
    sending.sim.now += 32 * 24 * HOUR;
    const request = { ...sending.request, at: sending.sim.now, validUntil: sending.sim.now + HOUR };
    const read: string[] = [];
    const invocation = new Invocation();
    recordsRead(sending.sim, invocation, read);
    expect((await deliver({ ...sending, request }, invocation)).handed).toEqual(['m']);
    expect(read).toEqual(['sms']);
  });
});

it('a message that the last look has sent back is sent once, though each of its deliveries is repeated', async () => {
  const sending = await withTokens(await asked());
  await marks(sending, [NUMBER]);
  const { handedBy } = await deliver(sending, new Invocation(), OFFER, true);
  expect(handedBy).toEqual(['push']);
});

describe('a guess that misses what was written a moment ago', () => {
  /** Nothing that is written from then on is in an eventually consistent read, until a second has passed. */
  async function late(act: Act, channels: Channel[] = ['sms']) {
    let isLate = false;
    const tables = (now: () => EpochMs) => {
      const memory = new MemoryTables(() => {}, { now, is: () => isLate });
      return { client: memory.client, all: (table: string) => memory.all(table) };
    };
    const made = await asked(undefined, tables);
    const sending = { ...made, request: { ...made.request, channels } };
    sending.sim.now += 2_000;
    isLate = true;
    await act(sending, sending.sim.now);
    const targets: unknown[] = [];
    const outcome = await deliver(sending, new Invocation(), OFFER, false, (envelope) => targets.push(envelope.target));
    return { ...outcome, targets, row: await sending.sim.stores(new Invocation()).messages.get('m') };
  }

  const changed = async ({ sim }: Sending, change: (profile: Profile) => Partial<Profile>) => {
    const { profiles } = sim.stores(new Invocation());
    const { profile } = await profiles.home(key);
    if (profile === undefined) throw new Error('there is no profile');
    await profiles.updateProfile(key, profile, { ...profile, pv: profile.pv + 1, ...change(profile) });
  };

  it('sends to the new number', async () => {
    const { targets, requeued } = await late((sending) =>
      changed(sending, ({ addresses }) => ({
        addresses: { ...addresses, sms: { value: '+8613900139000', status: 'ok' } },
      })),
    );
    expect(targets).toMatchObject([{ channel: 'sms', address: '+8613900139000' }]);
    expect(requeued).toMatchObject([{ lookedAgain: true }]);
  });

  it('refuses nobody who has just been given an address', async () => {
    const { targets, requeued } = await late(
      (sending) =>
        changed(sending, ({ addresses }) => ({
          addresses: { ...addresses, push: [{ value: 'one', status: 'ok', platform: 'ios', at: START }] },
        })).then(() => says(sending.sim, 'push', true)),
      ['push', 'sms'],
    );
    // The first sender was that of `sms`, by whose queue it had come.
    expect(requeued).toHaveLength(1);
    expect(targets).toMatchObject([{ channel: 'push' }]);
  });

  it('refuses nobody who has just agreed', async () => {
    const { handed, requeued } = await late(async ({ sim }) => {
      await says(sim, 'sms', false);
      sim.now += 2_000;
      await says(sim, 'sms', true);
    });
    expect([handed, requeued]).toEqual([['m'], []]);
  });

  it('finds a no', async () => {
    const { handed, row } = await late(({ sim }) => says(sim, 'sms', false));
    expect([handed, row?.reason]).toEqual([[], 'no-consent']);
  });

  it('finds the no that was given to the profile into which this one is being merged', async () => {
    const into = profileKeyOfUser('looks-v');
    const { handed } = await late(async ({ sim }) => {
      const { profiles } = sim.stores(new Invocation());
      const { activity } = await profiles.query(key);
      // The merge has fenced the profile, and not its consents yet: who says no now says it to the survivor.
      await profiles.fenceActivity(key, into, sim.now + HOUR, activity);
    });
    expect(handed).toEqual([]);
  });

  it('counts anew a message whose count was given back', async () => {
    const sending = await asked();
    await deliver(sending, new Invocation());
    const counted = await sending.sim.stores(new Invocation()).profiles.readSends(key);
    expect(Object.keys(counted)).toHaveLength(1);
    const { handed, sim } = await lateWith(counted);
    expect(handed).toEqual(['m']);
    expect(Object.keys(await sim.stores(new Invocation()).profiles.readSends(key))).toHaveLength(1);
  });

  async function lateWith(counted: CountedSends) {
    let isLate = false;
    const sending = await asked(undefined, (now) => {
      const memory = new MemoryTables(() => {}, { now, is: () => isLate });
      return { client: memory.client, all: (table: string) => memory.all(table) };
    });
    const { profiles } = sending.sim.stores(new Invocation());
    await profiles.changeSends(key, () => counted);
    sending.sim.now += 2_000;
    await profiles.changeSends(key, () => ({}));
    isLate = true;
    return { ...(await deliver(sending, new Invocation())), sim: sending.sim };
  }
});
