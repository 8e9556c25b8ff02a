import type { SQSClient } from '@aws-sdk/client-sqs';
import { queue } from '../../adapters/sqs/queue.ts';
import { byChannel, type Channel } from '../../core/channels/registry.ts';
import { PRIORITIES, type Priority } from '../../core/messages/send-request.ts';
import type { Outgoing, Queue } from '../../engine/ports.ts';
import { type SenderQueuesEnv, senderQueueUrl } from './sender-queues-env.ts';

/** Each sender's queues: a message goes to that of its priority. */
export const senderQueues = (client: SQSClient, env: SenderQueuesEnv): Record<Channel, Queue> =>
  byChannel((channel) => {
    const priorities: Record<Priority, Queue> = {
      now: queue(client, senderQueueUrl(env, channel, 'now')),
      bulk: queue(client, senderQueueUrl(env, channel, 'bulk')),
    };
    return {
      async send(messages: Outgoing[]): Promise<void> {
        for (const priority of PRIORITIES) {
          const own = messages.filter(({ body }) => priorityOf(body) === priority);
          if (own.length > 0) await priorities[priority].send(own);
        }
      },
    };
  });

const priorityOf = (body: unknown): Priority => (body as { priority?: Priority }).priority ?? 'now'; // a SendRequest
