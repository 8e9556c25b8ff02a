import { describe, expect, it } from 'vitest';
import { nextSnapshot } from '../../core/catalog/build-snapshot.ts';
import type { Snapshot } from '../../core/catalog/snapshot.ts';
import type { Channel } from '../../core/channels/registry.ts';
import { ComputedTraitSchema } from '../../core/computed-traits/schema.ts';
import { type EpochMs, profileKeyOfUser } from '../../core/ids.ts';
import type { CountedSends } from '../../core/profiles/counted-sends.ts';
import type { Profile } from '../../core/profiles/profile.ts';
import { type TemplateDefinition, TemplateSchema } from '../../core/templates/schema.ts';
import type { Envelope } from '../../engine/messages/ports.ts';
import { advanceRun } from '../../engine/runs/advance-run.ts';
import { RunLeft } from '../../engine/runs/deps.ts';
import { startRun } from '../../engine/runs/start-run.ts';
import { simulation } from './check-history.ts';
import { Invocation } from './faults.ts';
import { MemoryTables } from './memory.ts';
import { HOUR, Script, START } from './script.ts';
import { type Act, addTokens, asked, deliver, key, NUMBER, OFFER, type Sending, says } from './sent-customers.ts';
import type { Sim } from './simulation.ts';

/** Gives the customer two tokens too, and consent to push. */
async function withTokens(sending: Sending): Promise<Sending> {
  const { sim, request } = sending;
  await addTokens(sending);
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

/** The customer does this, half an hour after two messages that came before. */
async function does(sim: Sim, ...names: string[]): Promise<void> {
  const script = new Script('looks').identify('u', 0).track('user', 'u', 0, 'Subscribed');
  for (const name of names) script.track('user', 'u', 0.5, name, { channel: 'sms', messageId: 'one' });
  for (const { message, group } of script.posts.slice(2)) if (message) sim.ingest(message, group);
  await sim.settle();
}

function changeRules(sim: Sim, change: Partial<Snapshot>): void {
  const { snapshot } = sim.rules;
  const next = nextSnapshot(snapshot, { ...snapshot, ...change });
  if (next !== undefined) sim.rules.snapshot = { ...next, version: snapshot.version + 1 };
}

interface Late {
  template?: TemplateDefinition;
  prepare?: (sending: Sending) => void;
  watch?: (envelope: Envelope) => void;
}

describe('a guess that misses what was written a moment ago', () => {
  /** Nothing that is written from then on is in an eventually consistent read, until a second has passed. */
  async function late(act: Act, channels: Channel[] = ['sms'], { template = OFFER, prepare, watch }: Late = {}) {
    let isLate = false;
    const tables = (now: () => EpochMs) => {
      const memory = new MemoryTables(() => {}, { now, is: () => isLate });
      return { client: memory.client, all: (table: string) => memory.all(table) };
    };
    const made = await asked(undefined, tables);
    const sending = { ...made, request: { ...made.request, channels } };
    prepare?.(sending);
    sending.sim.now += 2_000;
    isLate = true;
    await act(sending, sending.sim.now);
    const targets: unknown[] = [];
    const outcome = await deliver(sending, new Invocation(), template, false, (envelope) => {
      targets.push(envelope.target);
      watch?.(envelope);
    });
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

  it('says what the customer has done just now, where the text names a computed trait', async () => {
    const points = {
      id: 'points',
      version: 1,
      definition: ComputedTraitSchema.parse({ event: 'Points Earned', count: {} }),
    };
    const text = TemplateSchema.parse({ ...OFFER, content: { sms: { text: '{{ profile.points }} points' } } });
    const contents: unknown[] = [];
    const { handed, requeued } = await late(
      async ({ sim }) => {
        await does(sim, 'Points Earned');
      },
      ['sms'],
      {
        template: text,
        prepare: ({ sim }) => {
          changeRules(sim, { computed: [points] });
        },
        watch: ({ content }) => contents.push(content),
      },
    );
    expect(handed).toEqual(['m']);
    expect(JSON.stringify(contents)).toContain('1 points');
    expect(requeued).toMatchObject([{ lookedAgain: true }]);
  });

  it('finds that the customer is tired of the channel by now', async () => {
    const settings = ({ rules }: Sim) => ({
      ...rules.snapshot.settings,
      fatigue: [{ channel: 'sms' as const, opened: 1, for: '7d' }],
    });
    const { handed, requeued } = await late(({ sim }) => does(sim, 'Message Sent', 'Message Opened'), ['sms'], {
      prepare: ({ sim }) => changeRules(sim, { settings: settings(sim) }),
    });
    expect(handed).toEqual([]);
    expect(requeued).toMatchObject([{ lookedAgain: true }]);
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

  it('refuses nobody for messages whose counts were given back', async () => {
    const one = { at: START + HOUR / 2, channel: 'sms' as const };
    const { handed } = await lateWith({ a: one, b: one });
    expect(handed).toEqual(['m']);
  });

  it('refuses nobody for a message whose count was just given back', async () => {
    const sending = await asked();
    const other = { ...sending, request: { ...sending.request, message: 'other' } };
    await deliver(other, new Invocation());
    const counted = await sending.sim.stores(new Invocation()).profiles.readSends(key);
    const { handed } = await lateWith(counted, (sim) => {
      const { settings } = sim.rules.snapshot;
      changeRules(sim, { settings: { ...settings, caps: [{ channel: 'sms', max: 1, within: '7d' }] } });
    });
    expect(handed).toEqual(['m']);
  });

  async function lateWith(counted: CountedSends, prepare: (sim: Sim) => void = () => {}) {
    let isLate = false;
    const sending = await asked(undefined, (now) => {
      const memory = new MemoryTables(() => {}, { now, is: () => isLate });
      return { client: memory.client, all: (table: string) => memory.all(table) };
    });
    prepare(sending.sim);
    const { profiles } = sending.sim.stores(new Invocation());
    await profiles.changeSends(key, () => counted);
    sending.sim.now += 2_000;
    await profiles.changeSends(key, () => ({}));
    isLate = true;
    return { ...(await deliver(sending, new Invocation())), sim: sending.sim };
  }
});

describe('a wait that is over, whose run was written a moment ago,', () => {
  /** A run of `letters` that rests at its first node. Once `lag` is set, an eventually consistent read misses what was written within a second. */
  async function resting() {
    const state = { isLate: false };
    const sim: Sim = simulation((now) => {
      const memory = new MemoryTables(() => {}, { now, is: () => state.isLate });
      return { client: memory.client, all: (table: string) => memory.all(table) };
    });
    for (const { message, group } of new Script('waits').identify('u', 0).posts)
      if (message) sim.ingest(message, group);
    await sim.settle();
    const deps = sim.runDeps(new Invocation());
    const run = { entry: 'e', profile: profileKeyOfUser('waits-u'), journey: 'letters', version: 1, key: '', data: {} };
    await deps.runs.create({ ...run, at: sim.now }, sim.now);
    await startRun(deps, { entry: 'e', leg: 1 });
    sim.now += HOUR;
    state.isLate = true;
    const step = (leg: number, n: number, stop: string, at = sim.now) =>
      advanceRun(deps, { entry: 'e', leg, n, stop, cause: 'wait', enteredAt: new Date(at).toISOString() });
    return { sim, deps, step };
  }

  it('goes on, though the guess finds it at the stop before', async () => {
    const { sim, step } = await resting();
    expect(await step(1, 1, 'rest')).toMatchObject({ n: 2, next: 'longer' });
    expect(await step(1, 2, 'longer', sim.now + 2 * HOUR)).toMatchObject({ n: 3 });
  });

  it('goes on, though the guess finds it in the leg before', async () => {
    const { deps, sim, step } = await resting();
    expect(await deps.runs.parkLost('e', { leg: 1, step: 1 }, sim.now)).toBe(true);
    sim.now += 2_000;
    await startRun(deps, { entry: 'e', leg: 2 });
    expect(await step(2, 2, 'rest')).toMatchObject({ leg: 2, n: 3, next: 'longer' });
  });

  it('is carried out no more, though the guess finds it open after an exit', async () => {
    const { deps, sim, step } = await resting();
    await step(1, 1, 'rest');
    sim.now += 2_000;
    await deps.runs.close('e', 'exited', sim.now);
    // The retry of a state whose plan was committed.
    await expect(step(1, 1, 'rest')).rejects.toThrow(RunLeft);
  });
});
