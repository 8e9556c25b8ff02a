import { describe, expect, it } from 'vitest';
import { byChannel } from '../../core/channels/registry.ts';
import { type EpochMs, profileKeyOfUser } from '../../core/ids.ts';
import type { SendRequest } from '../../core/messages/send-request.ts';
import type { Source } from '../../core/messages/source.ts';
import type { MetricEvent } from '../../core/metrics/metric-event.ts';
import { foldConsents } from '../../core/profiles/consent.ts';
import { type TemplateDefinition, TemplateSchema } from '../../core/templates/schema.ts';
import type { SenderDeps } from '../../engine/messages/deps.ts';
import { sendMessage } from '../../engine/messages/send-message.ts';
import { inMemory, senderDeps, simulation } from './check-history.ts';
import { Invocation } from './faults.ts';
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

/** An invocation during which something is done before one of its calls. It knows which call was the last look. */
class Acting extends Invocation {
  made = 0;
  lookedAt = 0;
  private readonly before: number;
  private readonly act: () => Promise<unknown>;

  constructor(before: number, act: () => Promise<unknown>) {
    super();
    this.before = before;
    this.act = act;
  }

  override async call<Answer>(outside: () => Promise<Answer>, repeats = false): Promise<Answer> {
    this.made += 1;
    if (this.made === this.before) await this.act();
    return super.call(outside, repeats);
  }

  override client<Client extends { send: (command: never) => Promise<unknown> }>(real: Client): Client {
    const send = (command: object) => {
      if (command.constructor.name === 'BatchGetCommand') this.lookedAt = this.made + 1;
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
async function asked(source?: Source): Promise<Sending> {
  const sim = simulation(inMemory);
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

const DONE: Record<string, { act: (sending: Sending, at: EpochMs) => Promise<unknown>; reason: string }> = {
  'an opt-out of the channel': { act: ({ sim }) => says(sim, 'sms', false), reason: 'no-consent' },
  'an opt-out of the topic': { act: ({ sim }) => says(sim, 'sms:offers', false), reason: 'no-consent' },
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

/** Delivers the message until it comes back no more, the first time to `invocation`. Returns what was handed over. */
async function deliver({ sim, request }: Sending, invocation: Invocation, template = OFFER) {
  const handed: string[] = [];
  const metrics: MetricEvent[] = [];
  const again: SendRequest[] = [];
  const depsOf = (by: Invocation): SenderDeps => {
    const deps = senderDeps(sim, by, request);
    return {
      ...deps,
      provider: {
        name: 'aws-sms',
        channel: 'sms',
        send: ({ message }) =>
          by.call(async () => {
            handed.push(message);
            return { kind: 'sent', providerId: 'p' };
          }),
      },
      catalog: catalogOf(deps, template),
      senders: byChannel(() => ({
        send: (all) => by.call(async () => void again.push(...all.map(({ body }) => body as SendRequest))),
      })),
      metricEvents: { publish: (events) => by.call(async () => void metrics.push(...events)) },
    };
  };
  await sendMessage(depsOf(invocation), request);
  const requeued = [...again];
  for (let deliveries = 1; deliveries < MAX_DELIVERIES; deliveries += 1) {
    const next = again.shift();
    if (next === undefined) break;
    await sendMessage(depsOf(new Invocation()), next);
  }
  return { handed, metrics, requeued };
}

/** Does it before each call of a sender in turn, and hands each outcome to `check`, with whether it came before the last look. */
async function beforeEachCall(
  act: (sending: Sending, at: EpochMs) => Promise<unknown>,
  check: (sending: Sending, outcome: Awaited<ReturnType<typeof deliver>>, isInTime: boolean) => Promise<void>,
  source?: Source,
): Promise<number> {
  let inTime = 0;
  for (let before = 1; ; before += 1) {
    const sending = await asked(source);
    const invocation = new Acting(before, () => act(sending, sending.sim.now));
    const outcome = await deliver(sending, invocation);
    if (invocation.made < before) return inTime;
    // Without a look, it had found its reason before.
    const isInTime = invocation.lookedAt === 0 || before <= invocation.lookedAt;
    if (isInTime) inTime += 1;
    await check(sending, outcome, isInTime);
  }
}

describe('a message is not handed over once this is committed, at whichever call of its sender:', () => {
  it.each(Object.entries(DONE))('%s', async (_, { act, reason }) => {
    const inTime = await beforeEachCall(act, async ({ sim, request }, { handed, metrics, requeued }, isInTime) => {
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
      for (const one of requeued) expect(one).toEqual(request);
    });
    expect(inTime).toBe(5);
  });

  it('nor where no run has sent it', async () => {
    const { act, reason } = DONE['an opt-out of the channel'] ?? {};
    if (act === undefined) throw new Error('it is above');
    await beforeEachCall(
      act,
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
  await beforeEachCall(
    async ({ sim }) => {
      const { profiles } = sim.stores(new Invocation());
      const { activity } = await profiles.query(key);
      await profiles.fenceActivity(key, into, sim.now + HOUR, activity);
      await profiles.fence(key, 'consents', into);
    },
    async ({ sim }, { handed, requeued }, isInTime) => {
      expect(handed).toEqual(isInTime ? [] : ['m']);
      if (!isInTime) return;
      expect(requeued).toHaveLength(1);
      expect((await sim.stores(new Invocation()).messages.get('m'))?.state).not.toBe('sending');
    },
  );
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
  const invocation = new Acting(0, async () => {});
  expect((await deliver(sending, invocation, CODE)).handed).toEqual(['m']);
  expect(invocation.lookedAt).toBe(0);
});
