import type { Message } from '../../core/messages/message.ts';
import type { OutboxItem } from '../providers/outbox.ts';
import type { Json } from '../template.ts';

export const KINDS = ['delivered', 'bounced', 'complained', 'opened', 'clicked', 'unsubscribed'] as const;
export type Kind = (typeof KINDS)[number];

/** Action that reports this as the provider would. `topic`: the name of an SNS topic, without the deployment's prefix. */
export type Report =
  | { topic: string; body: Json }
  | { get: string; machine: boolean }
  | { post: string }
  | { track: Json };

/** A message, and what is to be reported of it. */
export interface Reported {
  kind: Kind;
  message: Message;
  item: OutboxItem;
  machine: boolean;
  now: number;
  /** Who the customer is, as their app would say it. */
  user: { userId?: string | undefined; anonymousId?: string };
}
