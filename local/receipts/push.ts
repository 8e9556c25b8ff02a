import { randomUUID } from 'node:crypto';
import type { Report, Reported } from './report.ts';

/** A report of the customer's app, as its own event. */
export function pushReport({ kind, message, machine, user }: Reported): Report | undefined {
  if (kind !== 'opened' && kind !== 'clicked') return undefined;
  return {
    track: {
      ...user,
      event: kind === 'opened' ? 'Message Opened' : 'Message Clicked',
      properties: { messageId: message.id, ...(machine ? { machine: true } : {}) },
      messageId: randomUUID(),
    },
  };
}
