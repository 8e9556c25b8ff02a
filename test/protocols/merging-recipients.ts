import { byChannel } from '../../core/channels/registry.ts';
import { messageIdOfRecipient, type ProfileKey, profileKeyOfUser } from '../../core/ids.ts';
import type { SendRequest } from '../../core/messages/send-request.ts';
import { type TemplateDefinition, TemplateSchema } from '../../core/templates/schema.ts';
import { sendMessage } from '../../engine/messages/send-message.ts';
import { merge } from '../../engine/profiles/merges/merge.ts';
import { Acting } from './acting.ts';
import { inMemory, senderDeps, simulation } from './check-history.ts';
import { Invocation, Killed } from './faults.ts';
import { HOUR, Script, START } from './script.ts';
import type { Sim } from './simulation.ts';

/** Recipients of one occurrence whose profiles are merged after the audience was frozen: one message goes to the person. */
export const OCCURRENCE = { campaign: 'spring', occurrence: '20261130T020000Z' };
const content = { sms: { text: 'T' } };
export const OFFER = TemplateSchema.parse({ class: 'marketing', topic: 'offers', content });
export const CODE = TemplateSchema.parse({ class: 'transactional', content });
/** Deliveries of a message that comes back this often wait for something that never comes. */
const MAX_DELIVERIES = 60;

/** Knows at which of its calls it has looked for the last time. */
export class Observed extends Acting {
  lookedAt = 0;

  override client<Client extends { send: (command: never) => Promise<unknown> }>(real: Client): Client {
    const send = (command: { input?: { KeyConditionExpression?: string; ConsistentRead?: boolean } }) => {
      // The last such Query is the last look's: what was sent to the person is among it.
      if (command.input?.KeyConditionExpression !== undefined && command.input.ConsistentRead === true)
        this.lookedAt = this.made + 1;
      return this.call(() => real.send(command as never), true);
    };
    return { send } as unknown as Client;
  }
}

export type Name = 'a' | 'b' | 'c';
export const keyOf = (name: Name): ProfileKey => profileKeyOfUser(`merging-${name}`);

/** Three customers who are recipients, with a number and consent each. */
export class World {
  readonly sim: Sim;
  readonly handed: string[] = [];
  readonly queue: { request: SendRequest; readyAt: number }[] = [];
  /** What the provider answers, one after the other; then it takes everything. */
  answers: 'temporary'[] = [];
  private readonly template: TemplateDefinition;
  private readonly at: number;

  private constructor(sim: Sim, template: TemplateDefinition) {
    this.sim = sim;
    this.template = template;
    this.at = sim.now;
  }

  static async begin(template = OFFER): Promise<World> {
    const script = new Script('merging');
    for (const name of ['a', 'b', 'c'] as const)
      script.says(name, 0, { phone: `+861380013800${name.charCodeAt(0) - 97}` }, { sms: true });
    const sim = simulation(inMemory);
    for (const { message, group } of script.posts) if (message) sim.ingest(message, group);
    await sim.advance(START + 2 * HOUR);
    return new World(sim, template);
  }

  request(name: Name): SendRequest {
    return {
      message: messageIdOfRecipient({ ...OCCURRENCE, at: this.at }, keyOf(name)),
      profile: keyOf(name),
      template: { id: 'offer', version: 1 },
      channels: ['sms'],
      source: { kind: 'campaign', id: OCCURRENCE.campaign, version: 1, occurrence: OCCURRENCE.occurrence },
      at: this.at,
      validUntil: this.at + 20 * HOUR,
      priority: 'bulk',
    };
  }

  merge(x: Name, into: Name, invocation = new Invocation()): Promise<boolean> {
    return merge(this.sim.profileDeps(invocation) as never, keyOf(x), keyOf(into));
  }

  /** One delivery; if its sender dies, the queue delivers it again. */
  async deliver(request: SendRequest, invocation = new Invocation()): Promise<void> {
    try {
      await sendMessage(this.deps(request, invocation), request);
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      this.queue.push({ request, readyAt: this.sim.now + 30_000 });
    }
  }

  /** Delivers what is on the queue until it is empty. */
  async settle(fate: () => Invocation = () => new Invocation()): Promise<void> {
    for (let deliveries = 0; this.queue.length > 0; deliveries += 1) {
      if (deliveries === MAX_DELIVERIES) throw new Error('it never settles');
      this.queue.sort((one, other) => one.readyAt - other.readyAt);
      const next = this.queue.shift();
      if (next === undefined) return;
      this.sim.now = Math.max(this.sim.now, next.readyAt);
      await this.deliver(next.request, fate());
    }
  }

  private deps(request: SendRequest, invocation: Invocation) {
    const deps = senderDeps(this.sim, invocation, request, 'sms');
    return {
      ...deps,
      catalog: {
        ...deps.catalog,
        version: (async () => ({ definition: this.template })) as never,
      },
      provider: {
        name: 'aws-sms',
        channel: 'sms' as const,
        send: ({ message }: { message: string }) =>
          invocation.call(async () => {
            const answer = this.answers.shift();
            if (answer === 'temporary') return { kind: 'temporary', detail: 'not now' } as const;
            this.handed.push(message);
            return { kind: 'sent', providerId: 'p' } as const;
          }),
      },
      senders: byChannel(() => ({
        send: (all: { body: unknown; delaySeconds?: number }[]) =>
          invocation.call(async () => {
            for (const { body, delaySeconds = 0 } of all)
              this.queue.push({ request: body as SendRequest, readyAt: this.sim.now + delaySeconds * 1000 });
          }),
      })),
    };
  }

  async row(name: Name) {
    return this.sim.stores(new Invocation()).messages.get(this.request(name).message);
  }

  /** What became of each recipient's message, sorted. */
  async outcomes(...names: Name[]): Promise<string[]> {
    const rows = await Promise.all(names.map((name) => this.row(name)));
    return rows.map((row) => [row?.state, row?.reason].filter(Boolean).join(': ')).sort();
  }
}

export const ORDERS: [Name, Name][] = [
  ['a', 'b'],
  ['b', 'a'],
];
export const ONE = ['sent', 'suppressed: duplicate'];
