import type { Channel } from '../../core/channels.ts';
import type { Target } from '../../core/sending/choose-channel.ts';
import type { Rendered } from '../../core/templates/render.ts';
import type { CatalogStore } from '../definitions/ports.ts';
import type { MetricEvents } from '../metrics/ports.ts';
import type { Clock, Log, Queue } from '../ports.ts';
import type { ProfileStore } from '../profiles/ports.ts';
import type { RunStore } from '../runs/ports.ts';
import type { MessageStore } from './ports.ts';

/** What a push's result says of its tokens, however the others fared. */
export interface TokenNews {
  /** Tokens that are not to be used again, and why. */
  marked: Record<string, 'bad' | 'suppressed'>;
  /** Tokens that have become others. */
  renewed: Record<string, string>;
}

/** What a provider made of a message; the same words for all. */
export type Outcome = (
  | { kind: 'sent'; providerId: string }
  /** Known not to have been sent; another try may succeed. */
  | { kind: 'temporary'; detail: string }
  /** Known not to have been sent, since there is too much at once: no failure. */
  | { kind: 'throttled'; detail: string }
  /** Known never to be sent; `address`: because of whom it goes to. */
  | { kind: 'permanent'; detail: string; address?: 'bad' | 'suppressed' }
  /** The request left, and no answer came. */
  | { kind: 'unknown'; detail: string }
) & { tokens?: TokenNews };

export interface Envelope {
  message: string;
  profile: string;
  template: string;
  source: string;
  target: Target;
  content: Rendered;
  /** Of marketing e-mail: both one-click headers. */
  unsubscribeUrl?: string;
}

/** A channel's provider, behind its adapter. */
export interface Provider {
  channel: Channel;
  send(envelope: Envelope): Promise<Outcome>;
}

export interface SenderDeps {
  provider: Provider;
  profiles: Pick<
    ProfileStore,
    | 'history'
    | 'olderIds'
    | 'readActivity'
    | 'home'
    | 'changeSends'
    | 'addressRecords'
    | 'markAddress'
    | 'renewToken'
    | 'dropToken'
  >;
  runs: Pick<RunStore, 'get'>;
  messages: Pick<
    MessageStore,
    'get' | 'reopen' | 'take' | 'refuse' | 'hold' | 'sent' | 'release' | 'unknown' | 'giveUp'
  >;
  catalog: Pick<CatalogStore, 'snapshot' | 'version'>;
  senders: Record<Channel, Pick<Queue, 'send'>>;
  events: Pick<Queue, 'send'>;
  /** A run that rests for a message which was held goes on. */
  enrolments: Pick<Queue, 'send'>;
  metricEvents: MetricEvents;
  /** Signs links. */
  secret: () => Promise<string>;
  publicUrl: string;
  /** Names one taking. */
  newOwner: () => string;
  clock: Clock;
  log: Log;
}
