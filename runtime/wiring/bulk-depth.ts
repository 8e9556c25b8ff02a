import type { SQSClient } from '@aws-sdk/client-sqs';
import { queueDepth } from '../../adapters/sqs/queue-depth.ts';
import type { BulkDepth } from '../../engine/campaigns/ports.ts';
import { type SenderQueuesEnv, senderQueueUrl } from './sender-queues-env.ts';

/** Messages on the `bulk` queues of some channels. */
export const bulkDepth =
  (client: SQSClient, env: SenderQueuesEnv): BulkDepth =>
  async (channels) => {
    const depths = channels.map((channel) => queueDepth(client, senderQueueUrl(env, channel, 'bulk')));
    return (await Promise.all(depths)).reduce((sum, depth) => sum + depth, 0);
  };
