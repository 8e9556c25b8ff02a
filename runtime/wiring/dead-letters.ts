import type { SQSClient } from '@aws-sdk/client-sqs';
import { sqsDeadLetters } from '../../adapters/sqs/dead-letters.ts';
import type { DeadLetters } from '../../engine/dead-letters/ports.ts';

export const deadLetters = (client: SQSClient, env: { JOBS_QUEUE_URL: string; QUEUES: string[] }): DeadLetters =>
  sqsDeadLetters(client, { queues: env.QUEUES, jobsUrl: env.JOBS_QUEUE_URL });
