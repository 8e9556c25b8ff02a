import { byChannel, type Channel } from '../../core/channels/registry.ts';
import { type EpochMs, profileKeyOfUser } from '../../core/ids.ts';
import type { SendRequest } from '../../core/messages/send-request.ts';
import type { Source } from '../../core/messages/source.ts';
import type { MetricEvent } from '../../core/metrics/metric-event.ts';
import { foldConsents } from '../../core/profiles/consent.ts';
import { type TemplateDefinition, TemplateSchema } from '../../core/templates/schema.ts';
import type { SenderDeps } from '../../engine/messages/deps.ts';
import type { Envelope } from '../../engine/messages/ports.ts';
import { sendMessage } from '../../engine/messages/send-message.ts';
import { Acting } from './acting.ts';
import { inMemory, senderDeps, simulation } from './check-history.ts';
import { Invocation } from './faults.ts';
import { HOUR, Script, START } from './script.ts';
import type { Sim } from './simulation.ts';

export const key = profileKeyOfUser('looks-u');
export const NUMBER = { channel: 'sms', value: '+8613800138000' } as const;
/** A message that comes back this often waits for something. */
const MAX_DELIVERIES = 4;

export const OFFER = TemplateSchema.parse({
  class: 'marketing',
  topic: 'offers',
  content: { sms: { text: 'T' }, push: { title: 'T', body: 'B' } },
});
export const CODE = TemplateSchema.parse({ class: 'transactional', content: { sms: { text: 'T' } } });

/** The calls of a last look, which are made at once: of the profile, and of run and addresses. */
export type Look = 'QueryCommand' | 'BatchGetCommand';

/** An invocation during which something is done before one of its calls. It knows which calls were the last look. */
export class Observed extends Acting {
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

export interface Sending {
  sim: Sim;
  run: string;
  request: SendRequest;
}

/** A customer with a number and consent to everything, whose message is requested. */
export async function asked(source?: Source, tables = inMemory): Promise<Sending> {
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

/** Gives the customer two tokens, `one` and `two`. */
export async function addTokens({ sim }: Sending): Promise<void> {
  const { profiles } = sim.stores(new Invocation());
  const { profile } = await profiles.home(key);
  if (profile === undefined) throw new Error('there is no profile');
  const push = ['one', 'two'].map((value) => ({ value, status: 'ok' as const, platform: 'ios' as const, at: START }));
  await profiles.updateProfile(key, profile, {
    ...profile,
    pv: profile.pv + 1,
    addresses: { ...profile.addresses, push },
  });
}

export async function says(sim: Sim, said: string, granted: boolean): Promise<void> {
  const entries = [{ key: said, entry: { granted, at: sim.now, source: 'page' as const } }];
  await sim.stores(new Invocation()).profiles.addConsents(key, entries, (now) => foldConsents(now, entries));
}

export type Act = (sending: Sending, at: EpochMs) => Promise<unknown>;
export const catalogOf = ({ catalog }: SenderDeps, template: TemplateDefinition): SenderDeps['catalog'] => ({
  ...catalog,
  version: async (kind, ...of) =>
    kind === 'templates' ? ({ definition: template } as never) : catalog.version(kind, ...of),
});

/** Delivers the message until it comes back no more, the first time to `invocation`. Returns what was handed over. `isTwice`: each delivery is repeated. */
export async function deliver(
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
