import type * as z from 'zod';
import type { Channel, ReportedChannel } from '../../core/channels/registry.ts';
import { emailReport } from './email.ts';
import { pushReport } from './push.ts';
import type { Report, Reported } from './report.ts';
import { InboundSchema, inbound, smsReport } from './sms.ts';

const REPORTS: Record<ReportedChannel, (reported: Reported) => Report | undefined> = {
  email: emailReport,
  sms: smsReport,
  push: pushReport,
};

/** What customers write back, as the control plane takes it; only phones answer. */
export const AnswerSchema = InboundSchema;
export const answered = ({ from, text }: z.infer<typeof AnswerSchema>): Report => inbound(from, text);

/** Undefined: nobody reports this of a message of the channel. */
export function reportOf(reported: Reported): Report | undefined {
  const { channel } = reported.message;
  const reports: Partial<Record<Channel, (typeof REPORTS)[ReportedChannel]>> = REPORTS;
  return channel === undefined ? undefined : reports[channel]?.(reported);
}
