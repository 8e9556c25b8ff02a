/** One thing that Cairn itself tells of a message. */
interface MessageEvent {
  name: string;
  /** Tells of the customer: it always takes the event road, wanted by a rule or not. */
  always?: true;
  /** Apps report it of their push messages, with a client key too. */
  fromApps?: true;
}

/** Statuses of messages and the events that tell of them, in the order in which the API names them. */
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

/** Events that Cairn tells itself (`internal.ts`) begin with this. */
export const INTERNAL_PREFIX = '@';

const entries = Object.values(MESSAGE_EVENTS) as MessageEvent[];

/** Names that only Cairn gives to events. */
export const RESERVED: ReadonlySet<string> = new Set([
  ...entries.map(({ name }) => name),
  TASK_COMPLETED,
  WEBHOOK_ANSWERED,
]);

/** Of these, what apps report themselves. */
export const FROM_APPS: ReadonlySet<string> = new Set(entries.filter((one) => one.fromApps).map(({ name }) => name));
