/** One event that Cairn itself sends about a message. */
interface MessageEvent {
  name: string;
  /** The event is about the customer: it is always sent, even if no rule asks for it. */
  always?: true;
  /** Apps report it for their push messages, even with a client key. */
  fromApps?: true;
}

/** Statuses of messages and their events, in the order in which the API names them. */
export const MESSAGE_EVENTS = {
  sent: { name: 'Message Sent' },
  delivered: { name: 'Message Delivered' },
  opened: { name: 'Message Opened', always: true, fromApps: true },
  clicked: { name: 'Message Clicked', always: true, fromApps: true },
  bounced: { name: 'Message Bounced', always: true },
  complained: { name: 'Message Complained', always: true },
  unsubscribed: { name: 'Unsubscribed', always: true },
  suppressed: { name: 'Message Suppressed' },
  failed: { name: 'Message Failed' },
  unknown: { name: 'Message Unknown' },
} as const satisfies Record<string, MessageEvent>;
export type MessageStatus = keyof typeof MESSAGE_EVENTS;

export const TASK_COMPLETED = 'Task Completed';
export const WEBHOOK_ANSWERED = 'Webhook Answered';

/** Prefix of the events that Cairn sends to itself (`internal.ts`). */
export const INTERNAL_PREFIX = '@';

const entries = Object.values(MESSAGE_EVENTS) as MessageEvent[];

/** Event names that only Cairn may use. */
export const RESERVED: ReadonlySet<string> = new Set([
  ...entries.map(({ name }) => name),
  TASK_COMPLETED,
  WEBHOOK_ANSWERED,
]);

/** Reserved events that apps report themselves. */
export const FROM_APPS: ReadonlySet<string> = new Set(entries.filter((one) => one.fromApps).map(({ name }) => name));
