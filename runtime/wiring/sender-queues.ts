import type { SQSClient } from '@aws-sdk/client-sqs';
import { queue } from '../../adapters/sqs/queue.ts';
import { byChannel, type Channel } from '../../core/channels/registry.ts';
import { LANES, type Lane } from '../../core/messages/send-request.ts';
import type { Outgoing, Queue } from '../../engine/ports.ts';
import { type SenderQueuesEnv, senderQueueUrl } from './sender-queues-env.ts';

/** Each sender's queues: a message goes to that of its lane. */
export const senderQueues = (client: SQSClient, env: SenderQueuesEnv): Record<Channel, Queue> =>
  byChannel((channel) => {
    const lanes: Record<Lane, Queue> = {
      now: queue(client, senderQueueUrl(env, channel, 'now')),
      bulk: queue(client, senderQueueUrl(env, channel, 'bulk')),
    };
    return {
      async send(messages: Outgoing[]): Promise<void> {
        for (const lane of LANES) {
          const own = messages.filter(({ body }) => laneOf(body) === lane);
          if (own.length > 0) await lanes[lane].send(own);
        }
      },
    };
  });

const laneOf = (body: unknown): Lane => (body as { lane?: Lane }).lane ?? 'now'; // a SendRequest
