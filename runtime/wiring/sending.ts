import { randomUUID } from 'node:crypto';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type * as z from 'zod';
import { alertRaising } from '../../adapters/dynamo/alerts.ts';
import { breakerStore } from '../../adapters/dynamo/breakers.ts';
import { lastLook } from '../../adapters/dynamo/last-look.ts';
import { messageStore } from '../../adapters/dynamo/messages.ts';
import { profileStore } from '../../adapters/dynamo/profiles.ts';
import { rateStore } from '../../adapters/dynamo/rates.ts';
import { runStore } from '../../adapters/dynamo/runs.ts';
import { wakeStore } from '../../adapters/dynamo/wakes.ts';
import { secret } from '../../adapters/secrets-manager/secrets.ts';
import { queue } from '../../adapters/sqs/queue.ts';
import type { Channel } from '../../core/channels/registry.ts';
import { providerBreakers } from '../../engine/messages/breaker.ts';
import type { SenderDeps } from '../../engine/messages/deps.ts';
import type { Provider } from '../../engine/messages/ports.ts';
import { rates } from '../../engine/messages/rates.ts';
import { dynamo, sqs } from '../aws.ts';
import { systemClock } from '../clock.ts';
import { logger } from '../log.ts';
import { messageMetricEvents, sendLatencies } from './channel-metrics.ts';
import { followedCatalog } from './followed-catalog.ts';
import { senderQueues } from './sender-queues.ts';
import type { SenderEnvSchema } from './sending-env.ts';

/** A sender's dependencies over AWS, except its provider. */
export function senderDeps(env: z.infer<typeof SenderEnvSchema>, provider: Provider): SenderDeps {
  const tables = dynamo();
  const queues = sqs();
  return {
    provider: env.CHANNELS.includes(provider.channel) ? provider : leftOut(provider.channel),
    profiles: profileStore(tables, env.PROFILES_TABLE),
    runs: runStore(tables, env.RUNS_TABLE),
    lastLook: lastLook(tables, { profiles: env.PROFILES_TABLE, runs: env.RUNS_TABLE }),
    messages: messageStore(tables, env.MESSAGES_TABLE),
    breakers: providerBreakers(
      breakerStore(tables, env.CATALOG_TABLE),
      alertRaising(tables, env.CATALOG_TABLE),
      systemClock,
    ),
    rates: rates(rateStore(tables, env.CATALOG_TABLE), systemClock, Math.random),
    catalog: followedCatalog(tables, env),
    wakes: wakeStore(tables, env.CATALOG_TABLE),
    senders: senderQueues(queues, env),
    events: queue(queues, env.EVENTS_QUEUE_URL),
    enrolments: queue(queues, env.ENROLMENTS_QUEUE_URL),
    metricEvents: messageMetricEvents(env),
    noteLatency: sendLatencies(env),
    secret: secret(new SecretsManagerClient({ maxAttempts: 3 }), env.LINK_SECRET_ARN),
    publicUrl: env.PUBLIC_URL,
    newOwner: randomUUID,
    clock: systemClock,
    log: logger,
  };
}

/** Stands in for a provider that the deployment does not have: the message then uses the next channel of its list. */
const leftOut = (channel: Channel): Provider => ({
  name: 'none',
  channel,
  send: async () => ({ kind: 'permanent', detail: `this deployment does not send by ${channel}` }),
});
