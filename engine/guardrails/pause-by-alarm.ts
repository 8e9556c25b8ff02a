import type { Channel } from '../../core/channels/registry.ts';
import { type EpochMs, hashId } from '../../core/ids.ts';
import type { CatalogStore } from '../definitions/ports.ts';
import type { Clock, Log } from '../ports.ts';
import { type ActDeps, finish } from './act.ts';

export interface PauseByAlarmDeps extends ActDeps {
  catalog: Pick<CatalogStore, 'snapshot'>;
  clock: Clock;
  log: Log;
}

/** An alarm of CloudWatch that a channel's unsubscribes are too many. Shares are per cent. */
export interface ChannelAlarm {
  name: string;
  channel: Channel;
  /** When it went into the state ALARM. */
  at: EpochMs;
  share: number;
  threshold: number;
}

/**
 * Pauses the channel, as a guardrail does, by nothing that Cairn counts. At least once and late: the alert's id makes a repeat the same, a pause
 * that is there stays, and whoever has resumed the channel after the alarm has seen it.
 */
export async function pauseByAlarm(deps: PauseByAlarmDeps, alarm: ChannelAlarm): Promise<void> {
  const { name, channel, at, share, threshold } = alarm;
  const now = deps.clock();
  const { pointer, snapshot } = await deps.catalog.snapshot({ since: now });
  const owner = `channel:${channel}`;
  if ((pointer.resumedAt?.[owner] ?? 0) > at) {
    deps.log.info('an alarm came after the channel was resumed', { alarm: name, channel });
    return;
  }
  const alert = await deps.alerts.raise({
    id: hashId('alarm', name, at),
    at: now,
    kind: 'guardrail',
    scope: 'channel',
    scopeId: channel,
    metric: 'unsubscribe',
    value: share / 100,
    threshold: threshold / 100,
    did: 'paused',
    detail: `alarm ${name}: ${Number(share.toFixed(2))} % of the messages of 24 h were unsubscribed from, over ${threshold} %`,
    generation: pointer.generations?.[owner] ?? 0,
    alarm: name,
  });
  if (alert.publishedAt === undefined) await finish(deps, alert, snapshot, now);
}
