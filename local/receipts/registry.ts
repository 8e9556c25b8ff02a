import type { Channel } from '../../core/channels/registry.ts';
import { emailReport } from './email.ts';
import { pushReport } from './push.ts';
import type { Report, Reported } from './report.ts';
import { smsReport } from './sms.ts';

const REPORTS: Record<Channel, (reported: Reported) => Report | undefined> = {
  email: emailReport,
  sms: smsReport,
  push: pushReport,
};

export const reportOf = (reported: Reported): Report | undefined =>
  reported.message.channel === undefined ? undefined : REPORTS[reported.message.channel](reported);
