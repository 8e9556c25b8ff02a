import type { SQSClient } from '@aws-sdk/client-sqs';
import { queue } from '../../adapters/sqs/queue.ts';
import { byChannel, type Channel } from '../../core/channels/registry.ts';
import type { Queue } from '../../engine/ports.ts';
import { type SenderQueuesEnv, senderQueueUrl } from './sender-queues-env.ts';

/** Each sender's queue `now`. */
export const senderQueues = (client: SQSClient, env: SenderQueuesEnv): Record<Channel, Queue> =>
  byChannel((channel) => queue(client, senderQueueUrl(env, channel)));
