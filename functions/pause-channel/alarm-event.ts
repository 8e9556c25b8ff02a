import * as z from 'zod';
import { CHANNELS } from '../../core/channels/registry.ts';
import { PoisonError } from '../../engine/errors.ts';
import type { ChannelAlarm } from '../../engine/guardrails/pause-by-alarm.ts';

/** "CloudWatch Alarm State Change", as EventBridge puts it on the queue: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html */
export const AlarmEventSchema = z.object({
  detail: z.object({
    alarmName: z.string(),
    state: z.object({
      value: z.string(),
      /** `2019-10-02T17:04:40.989+0000` */
      timestamp: z.string().refine((text) => !Number.isNaN(Date.parse(text)), 'must be an instant'),
      /** JSON. */
      reasonData: z.string().optional(),
    }),
  }),
});

/** Undefined: it is not in alarm. */
export function readAlarm({ detail }: z.infer<typeof AlarmEventSchema>): ChannelAlarm | undefined {
  const { alarmName, state } = detail;
  if (state.value !== 'ALARM') return undefined;
  const [, named] = /-unsubscribes-([a-z]+)-pause$/.exec(alarmName) ?? [];
  const channel = CHANNELS.find((one) => one === named);
  if (channel === undefined) throw new PoisonError(`the alarm ${alarmName} is of no channel`);
  return { name: alarmName, channel, at: Date.parse(state.timestamp), ...measured(state.reasonData) };
}

const ReasonSchema = z.object({ recentDatapoints: z.array(z.number()).min(1), threshold: z.number() });

/** Reads what CloudWatch has measured; only people need it. */
function measured(reasonData = ''): Pick<ChannelAlarm, 'share' | 'threshold'> {
  try {
    const { recentDatapoints, threshold } = ReasonSchema.parse(JSON.parse(reasonData));
    return { share: recentDatapoints.at(-1) ?? threshold, threshold };
  } catch {
    return { share: 0, threshold: 0 };
  }
}
