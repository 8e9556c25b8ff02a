import { describe, expect, it } from 'vitest';
import { profileKeyOfUser } from '../../core/ids.ts';
import type { Source } from '../../core/messages/source.ts';
import { sendMessage } from '../../engine/messages/send-message.ts';
import { senderDeps } from './check-history.ts';
import { Invocation } from './faults.ts';
import { HOUR } from './script.ts';
import {
  type Act,
  addTokens,
  asked,
  CODE,
  catalogOf,
  deliver,
  key,
  type Look,
  NUMBER,
  Observed,
  OFFER,
  type Sending,
  says,
} from './sent-customers.ts';

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
  const sending = await asked();
  await addTokens(sending);
  const { sim, request } = sending;
  const { profiles } = sim.stores(new Invocation());
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
