import { expect, it } from 'vitest';
import { byChannel } from '../../core/channels/registry.ts';
import { messageIdOfRecipient, profileKeyOfUser } from '../../core/ids.ts';
import type { SendRequest } from '../../core/messages/send-request.ts';
import { isInGlobalHoldout } from '../../core/policies/holdout.ts';
import { TemplateSchema } from '../../core/templates/schema.ts';
import { type JobTypeDeps, pageOf } from '../../engine/jobs/job-types.ts';
import { releaseDeferred } from '../../engine/jobs/release-deferred.ts';
import type { SenderDeps } from '../../engine/messages/deps.ts';
import { sendMessage } from '../../engine/messages/send-message.ts';
import { sendability } from '../../engine/messages/sendability.ts';
import { inMemory, senderDeps, simulation } from './check-history.ts';
import { Invocation } from './faults.ts';
import { HOUR, Script, START } from './script.ts';

const OFFER = TemplateSchema.parse({ class: 'marketing', content: { sms: { text: 'T' } } });
const PROFILE = profileKeyOfUser('campaign-u');
/** Of a campaign with a window of its own and of a variant, and a cap. */
const CAMPAIGN = {
  window: { hours: [['09:00', '10:00']], otherwise: 'defer' },
  variants: [{ name: 'late', weight: 1, window: { hours: [['12:00', '13:00']], otherwise: 'defer' } }],
  caps: [{ max: 1, within: '7d' }],
};

/** A customer who agrees to texts, and how an occurrence's message to them is delivered. */
async function begin({ definition = {} as object } = {}) {
  const sim = simulation(inMemory);
  const { posts } = new Script('campaign').says('u', 0, { phone: '+8613800138000' }, { sms: true });
  for (const { message, group } of posts) if (message) sim.ingest(message, group);
  await sim.advance(START + 2 * HOUR);
  const settings = { ...sim.rules.snapshot.settings, floors: [], caps: [] };
  sim.rules.snapshot = { ...sim.rules.snapshot, settings };
  const queued: SendRequest[] = [];
  const handed: string[] = [];
  const senders = byChannel(() => ({
    send: async (all: { body: unknown }[]) => void queued.push(...all.map(({ body }) => body as SendRequest)),
  }));
  const request = (occurrence = 'o1', variant?: string): SendRequest => ({
    message: messageIdOfRecipient({ campaign: 'spring', occurrence, at: sim.now }, PROFILE),
    profile: PROFILE,
    template: { id: 'offer', version: 1 },
    channels: ['sms'],
    source: { kind: 'campaign', id: 'spring', version: 1, occurrence, ...(variant === undefined ? {} : { variant }) },
    at: sim.now,
    validUntil: sim.now + 30 * HOUR,
    priority: 'bulk',
  });
  const deliver = (one: SendRequest, more: Partial<SenderDeps> = {}) => {
    const deps = { ...senderDeps(sim, new Invocation(), one, 'sms'), ...more };
    const version = async (kind: string) => ({ definition: kind === 'templates' ? OFFER : definition });
    return sendMessage(
      {
        ...deps,
        catalog: { ...deps.catalog, version: version as never },
        provider: {
          name: 'aws-sms',
          channel: 'sms',
          send: async ({ message }) => {
            handed.push(message);
            return { kind: 'sent', providerId: 'p' };
          },
        },
        senders,
      },
      one,
    );
  };
  const { messages, profiles, wakes } = sim.stores(new Invocation());
  return { sim, request, deliver, queued, handed, senders, messages, profiles, wakes };
}

it('is held by the pause of its campaign, listed there, and released to the same queue by the job', async () => {
  const { sim, request, deliver, queued, handed, senders, messages } = await begin();
  const one = request('o1', 'late');
  sim.rules.pointer.campaigns = { spring: { since: sim.now } };
  await deliver(one);
  expect((await messages.heldBy('campaign:spring', { limit: 10 })).ids).toEqual([one.message]);
  sim.rules.pointer.campaigns = {};
  const job = { work: { kind: 'release', held: 'campaign:spring' } } as Parameters<typeof pageOf>[1];
  await pageOf({ messages, senders } as unknown as JobTypeDeps, job, { shard: 0, limit: 10 });
  expect(queued).toEqual([{ ...one, released: true }]);
  expect(queued[0]?.priority).toBe('bulk');
  await deliver(queued[0] as SendRequest);
  expect(handed).toEqual([one.message]);
  expect((await messages.heldBy('campaign:spring', { limit: 10 })).ids).toEqual([]);
});

it('waits for the window of its variant, else of its campaign, and leaves at the opening on the same queue', async () => {
  for (const [variant, hour] of [
    ['late', '12:00'],
    [undefined, '09:00'],
  ] as const) {
    const { sim, request, deliver, queued, handed, senders, messages, wakes } = await begin({ definition: CAMPAIGN });
    const one = request('o1', variant);
    await deliver(one);
    const row = await messages.get(one.message);
    expect(row).toMatchObject({ state: 'deferred', reason: 'outside-window' });
    const date = new Date(sim.now + 8 * HOUR).toISOString().slice(0, 10);
    const today = Date.parse(`${date}T${hour}:00+08:00`);
    const at = today > sim.now ? today : today + 24 * HOUR;
    const opening = { channel: 'sms', at } as const;
    expect((await messages.deferredTo(opening, { limit: 10 })).ids).toEqual([one.message]);
    sim.now = at;
    await releaseDeferred(
      { messages, senders, wakes, queue: { send: async () => {} }, clock: () => sim.now },
      { opening },
    );
    expect(queued).toEqual([{ ...one, released: true }]);
    await deliver(queued[0] as SendRequest);
    expect(handed).toEqual([one.message]);
  }
});

it('counts towards the caps of its campaign, over all occurrences', async () => {
  const { sim, request, deliver, handed, messages } = await begin({ definition: { caps: CAMPAIGN.caps } });
  const [first, second] = [request('o1'), request('o2')];
  await deliver(first);
  await deliver(second);
  expect(handed).toEqual([first.message]);
  expect(await messages.get(second.message)).toMatchObject({ state: 'suppressed', reason: 'rolling-cap' });
  sim.now += 8 * 24 * HOUR;
  const third = request('o3');
  await deliver(third);
  expect(handed).toEqual([first.message, third.message]);
});

it('is refused with the reason that was decided before, and makes its row', async () => {
  const { request, deliver, handed, messages } = await begin();
  const late = { ...request(), refuse: 'late' };
  await deliver(late);
  await deliver(late);
  const duplicate = { ...request('o2'), passed: [{ channel: 'sms' as const, reason: 'duplicate' }] };
  await deliver(duplicate);
  expect(await messages.get(late.message)).toMatchObject({ state: 'suppressed', reason: 'late' });
  expect(await messages.get(duplicate.message)).toMatchObject({
    state: 'suppressed',
    reason: 'duplicate',
    channel: 'sms',
  });
  expect(handed).toEqual([]);
});

it('does not go to the control group; sendability says so', async () => {
  const { sim, request, deliver, handed, messages, profiles } = await begin();
  const share = 0.15;
  const { settings } = sim.rules.snapshot;
  sim.rules.snapshot = { ...sim.rules.snapshot, settings: { ...settings, holdout: { share } } };
  const isHeldOut = isInGlobalHoldout(PROFILE, share);
  await deliver(request());
  expect(handed).toHaveLength(isHeldOut ? 0 : 1);
  // Whoever this customer is, a share of all holds them.
  sim.rules.snapshot = { ...sim.rules.snapshot, settings: { ...settings, holdout: { share: 1 } } };
  const other = request('o2');
  await deliver(other);
  expect(await messages.get(other.message)).toMatchObject({ state: 'suppressed', reason: 'holdout' });
  const { snapshot, pointer } = sim.rules;
  const question = { home: await profiles.home(PROFILE), channels: undefined, snapshot, pointer, now: sim.now };
  const deps = { profiles, catalog: sim.catalog(new Invocation()), clock: () => sim.now };
  const of = (kind: 'marketing' | 'transactional') =>
    sendability(deps as never, { ...question, template: { class: kind, content: { sms: {} } } });
  expect(await of('marketing')).toMatchObject({ now: false, reasons: [{ channel: 'sms', reason: 'holdout' }] });
  expect(await of('transactional')).toMatchObject({ now: true, reasons: [] });
});

it.each(['queued', 'deferred', 'held'])(
  '%s as its campaign is archived, does not leave, whoever archived it',
  async (waits) => {
    const { sim, request, deliver, queued, handed, senders, messages, wakes } = await begin(
      waits === 'deferred' ? { definition: CAMPAIGN } : {},
    );
    const one = request('o1', waits === 'deferred' ? 'late' : undefined);
    if (waits === 'held') sim.rules.pointer.campaigns = { spring: { since: sim.now } };
    if (waits !== 'queued') await deliver(one);
    expect((await messages.get(one.message))?.state).toBe(waits === 'queued' ? undefined : waits);
    // The first thing that an archive does: it may die before the second.
    sim.rules.snapshot = { ...sim.rules.snapshot, archivedCampaigns: { spring: 1 } };
    sim.rules.pointer.campaigns = {};
    if (waits === 'held') {
      const job = { work: { kind: 'release', held: 'campaign:spring' } } as Parameters<typeof pageOf>[1];
      await pageOf({ messages, senders } as unknown as JobTypeDeps, job, { shard: 0, limit: 10 });
    }
    if (waits === 'deferred') {
      const date = new Date(sim.now + 8 * HOUR).toISOString().slice(0, 10);
      sim.now = Math.max(sim.now, Date.parse(`${date}T12:00:00+08:00`));
      const deps = { messages, senders, wakes, queue: { send: async () => {} }, clock: () => sim.now };
      await releaseDeferred(deps, { opening: { channel: 'sms', at: sim.now } });
    }
    await deliver(waits === 'queued' ? one : (queued[0] as SendRequest));
    expect(await messages.get(one.message)).toMatchObject({ state: 'suppressed', reason: 'cancelled' });
    expect(handed).toEqual([]);
  },
);

it.each([
  [true, 'gives way at an address that came after the freeze to who has it, too, and spends no probe on it'],
  [false, 'goes to an address that came after the freeze, and probes the provider'],
])('shared: %s: %s', async (isShared) => {
  const { sim, request, deliver, handed, messages } = await begin();
  if (isShared) {
    const { posts } = new Script('other').says('v', 2, { phone: '+8613800138000' }, { sms: true });
    for (const { message, group } of posts) if (message) sim.ingest(message, group);
    await sim.advance(START + 3 * HOUR);
  }
  // Open until now: one message may try.
  sim.rules.pointer.breakers = { 'aws-sms': { channel: 'sms', since: START, until: sim.now } };
  const probes: number[] = [];
  const breakers = { note: async () => {}, claim: async (_: object, seen: number) => probes.push(seen) > 0 };
  const one = { ...request(), frozen: [] };
  await deliver(one, { breakers });
  const row = await messages.get(one.message);
  if (isShared) expect(row).toMatchObject({ state: 'suppressed', reason: 'duplicate' });
  expect({ handed, probes: probes.length }).toEqual(
    isShared ? { handed: [], probes: 0 } : { handed: [one.message], probes: 1 },
  );
});
