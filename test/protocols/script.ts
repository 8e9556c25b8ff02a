import { ALIAS_GROUP, type CairnEvent, type EventsMessage } from '../../core/events/event.ts';
import { manualTagEvent } from '../../core/events/internal.ts';
import { type EpochMs, type ProfileKey, profileKeyOfAnonymous, profileKeyOfUser } from '../../core/ids.ts';
import type { Rules } from './rules.ts';
import type { ApiCall, Refusal, Spell } from './simulation-options.ts';

export const START = Date.parse('2026-11-02T01:00:00Z');
export const HOUR = 3_600_000;
/** What it says of consents replaces whatever was said before. */
const CONSENT_EVENT = 'Segment Consent Preference Updated';

/** One call of a client or a person. */
export interface Post {
  at: EpochMs;
  message?: EventsMessage;
  group?: string;
  call?: ApiCall;
}

/** One history to simulate. */
export interface History {
  posts: Post[];
  profiles: Record<string, ProfileKey>;
  until: EpochMs;
  /**
   * Events of one instant may be processed in any order, and the outcome equals that of some clean run: `whole` orders whole invocations,
   * `concurrent` interleaves as many as that at a time.
   */
  races?: 'whole' | 'concurrent';
  /** A run that was parked while its journey was resumed waits for its next check. */
  late?: boolean;
  /** So much happens at one instant that only the ends of runs are compared with clean runs; each run is checked by its own path. */
  crowded?: boolean;
  /** Executions are lost more often than elsewhere, or never: then nothing else is late either. */
  abort?: number;
  /** For this many hours after the start, the provider refuses every message, or never answers. */
  refuses?: { until: number; as: Refusal };
  /** Times in which providers fail. */
  spells?: readonly Spell[];
  /** Rules of its own. */
  rules?: () => Rules;
  /** Coupon codes in the pool. */
  codes?: number;
}

/** Builds the calls of one history; ids carry its name. */
export class Script {
  readonly posts: Post[] = [];
  private readonly profiles: Record<string, ProfileKey> = {};
  private readonly name: string;
  private count = 0;

  constructor(name: string) {
    this.name = name;
  }

  private key(kind: 'user' | 'anonymous', id: string): ProfileKey {
    const full = `${this.name}-${id}`;
    const key = kind === 'user' ? profileKeyOfUser(full) : profileKeyOfAnonymous(full);
    this.profiles[id] = key;
    return key;
  }

  private event(at: EpochMs, more: Partial<CairnEvent>): CairnEvent {
    this.count += 1;
    return { id: `${this.name}-${this.count}`, type: 'track', at, receivedAt: at, index: 0, key: 'server', ...more };
  }

  private post(kind: 'user' | 'anonymous', id: string, at: EpochMs, events: CairnEvent[], group?: string): this {
    const identity = { kind, id: `${this.name}-${id}` };
    this.posts.push({ at, message: { profile: this.key(kind, id), identity, events }, group });
    return this;
  }

  track(
    kind: 'user' | 'anonymous',
    id: string,
    hours: number,
    name: string,
    properties: Record<string, unknown> = {},
    arrival = hours,
  ): this {
    const event = this.event(START + hours * HOUR, { name, properties });
    return this.post(kind, id, START + arrival * HOUR, [event]);
  }

  /** Several events in one message, as `ingest` makes of one request. */
  batch(
    kind: 'user' | 'anonymous',
    id: string,
    arrival: number,
    events: [hours: number, name: string, properties?: Record<string, unknown>][],
  ): this {
    const posted = events.map(([hours, name, properties = {}], index) =>
      this.event(START + hours * HOUR, { name, properties, index }),
    );
    return this.post(kind, id, START + arrival * HOUR, posted);
  }

  /** The last message contains its events twice. */
  twice(): this {
    const events = this.posts.at(-1)?.message?.events;
    events?.push(...structuredClone(events));
    return this;
  }

  /** A client repeats its n-th call. */
  repeat(n: number, hours: number): this {
    const post = this.posts[n];
    if (post) this.posts.push({ ...post, at: START + hours * HOUR });
    return this;
  }

  identify(id: string, hours: number, traits: Record<string, unknown> = {}, from?: string): this {
    const merged = from === undefined ? undefined : { kind: 'anonymous' as const, id: `${this.name}-${from}` };
    const context = { consent: { categoryPreferences: { push: true } }, device: { type: 'ios', token: `token-${id}` } };
    const at = START + hours * HOUR;
    return this.post('user', id, at, [this.event(at, { type: 'identify', traits, context, from: merged })]);
  }

  /** Begins with a known customer `u`, and the event by which they enter. */
  customer(event: string, properties: Record<string, unknown> = {}): this {
    return this.identify('u', 0).track('user', 'u', 0, event, properties);
  }

  /** Begins with a visitor `x` who enters by this event, and a known customer `u` who is first seen after some hours. */
  visitor(knownAfter: number, event: string, properties: Record<string, unknown> = {}): this {
    return this.track('anonymous', 'x', 0, event, properties).identify('u', knownAfter);
  }

  /** Begins with the known users `old` and `new`. */
  twoUsers(newAfter: number): this {
    return this.identify('old', 0).identify('new', newAfter);
  }

  /** Push messages are held for some hours. */
  holdPush(from: number, until: number): this {
    return this.call(from, { hold: 'push' }).call(until, { release: 'push' });
  }

  /** The customer's trial or lease ends this many hours after the start; undefined: its end is unknown. */
  endsOn(id: string, hours: number, endsOn: number | undefined): this {
    return this.identify(id, hours, {
      endsOn: endsOn === undefined ? null : new Date(START + endsOn * HOUR).toISOString(),
    });
  }

  /** A call of `identify` with what its SDK says of the customer. */
  says(id: string, hours: number, traits: Record<string, unknown>, consents: Record<string, boolean> = {}): this {
    const at = START + hours * HOUR;
    const device = { type: 'ios', token: `token-${id}` };
    const context = { consent: { categoryPreferences: consents }, device };
    return this.post('user', id, at, [
      this.event(at, { type: 'identify', traits, context }),
      this.event(at, { name: CONSENT_EVENT, context: { consent: { categoryPreferences: consents } } }),
    ]);
  }

  /** Opts out of push messages. */
  refuse(id: string, hours: number, kind: 'user' | 'anonymous' = 'user'): this {
    const at = START + hours * HOUR;
    const context = { consent: { categoryPreferences: { push: false } } };
    return this.post(kind, id, at, [this.event(at, { type: 'identify', traits: {}, context })]);
  }

  /** An alias of a client key: it merges an anonymous profile alone, in the group of the survivor. */
  takeOver(anonymous: string, id: string, hours: number): this {
    const at = START + hours * HOUR;
    const from = { kind: 'anonymous' as const, id: `${this.name}-${anonymous}` };
    return this.post('user', id, at, [this.event(at, { type: 'alias', key: 'client', from })]);
  }

  alias(previous: string, id: string, hours: number): this {
    const at = START + hours * HOUR;
    const from = { kind: 'either' as const, id: `${this.name}-${previous}` };
    this.post('user', id, at, [this.event(at, { type: 'alias', from })], profileKeyOfUser(from.id));
    const message = this.posts.at(-1)?.message;
    if (message !== undefined) message.then = ALIAS_GROUP;
    return this;
  }

  tag(id: string, hours: number, tag: string, on = true): this {
    this.count += 1;
    const at = START + hours * HOUR;
    const event = manualTagEvent(tag, on, 'api', `${this.name}-${this.count}`, at);
    this.posts.push({ at, message: { profile: this.key('user', id), events: [event] } });
    return this;
  }

  call(hours: number, call: ApiCall): this {
    this.posts.push({ at: START + hours * HOUR, call });
    return this;
  }

  trigger(
    hours: number,
    id: string,
    journey: string,
    more: { key?: string; data?: Record<string, unknown> } = {},
  ): this {
    this.count += 1;
    const profile = `${this.name}-${id}`;
    this.key('user', id);
    return this.call(hours, { trigger: { journey, profile, ...more }, repeat: `key-${this.count}` });
  }

  resend(hours: number, node: string): this {
    this.count += 1;
    return this.call(hours, { resend: node, repeat: `key-${this.count}` });
  }

  until(hours: number, more: Partial<History> = {}): History {
    return { posts: this.posts, profiles: this.profiles, until: START + hours * HOUR, ...more };
  }
}

/** Histories by title: what clients and people do in each. */
export type Histories = Record<string, (script: Script) => History>;
