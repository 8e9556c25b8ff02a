import { setTimeout as delay } from 'node:timers/promises';
import { ChangeMessageVisibilityBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Context, SQSRecord } from 'aws-lambda';
import { PoisonError } from '../../engine/errors.ts';
import { logger } from '../log.ts';

/** Delays between tries within one delivery; a random factor makes each up to twice as long. */
const DELAYS_MS = [50, 250, 1_000];
/** After this many deliveries the fault is not temporary, and is left to the queue at once. */
const MAX_PATIENT_DELIVERIES = 2;
/** Remaining time of the function that is left for the other groups of the batch. */
const MIN_REMAINING_MS = 20_000;
const FIRST_HIDDEN_SECONDS = 5;
const MAX_HIDDEN_SECONDS = 360;

/** Retries a record after a temporary fault: while a FIFO record waits for its next delivery, its whole group waits. */
export async function withRetries(record: SQSRecord, context: Context, work: () => Promise<void>): Promise<void> {
  const isPatient = deliveriesOf(record) <= MAX_PATIENT_DELIVERIES;
  for (const ms of isPatient ? DELAYS_MS : []) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof PoisonError || context.getRemainingTimeInMillis() < MIN_REMAINING_MS) throw error;
      await delay(ms * (1 + Math.random()));
    }
  }
  await work();
}

/**
 * Has failed records delivered again after 5 s, 10 s and so on up to 6 min. The queue's own visibility timeout, six times the function's, is for
 * functions that died. If SQS refuses, that timeout applies.
 */
export async function hideBriefly(client: SQSClient, queueUrl: string, failed: SQSRecord[]): Promise<void> {
  if (failed.length === 0) return;
  // All records of a group return together: SQS delivers none of a group while one of it is invisible.
  const most = new Map<string | undefined, number>();
  for (const record of failed) {
    const group = record.attributes.MessageGroupId;
    most.set(group, Math.max(most.get(group) ?? 0, hiddenSeconds(deliveriesOf(record))));
  }
  const Entries = failed.map(({ receiptHandle, attributes }, index) => ({
    Id: String(index),
    ReceiptHandle: receiptHandle,
    VisibilityTimeout: most.get(attributes.MessageGroupId),
  }));
  try {
    await client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries }));
  } catch (error) {
    logger.warn('records stay hidden for the whole visibility timeout', { error: error as Error });
  }
}

const deliveriesOf = ({ attributes }: SQSRecord): number => Number(attributes.ApproximateReceiveCount);

const hiddenSeconds = (deliveries: number): number =>
  Math.min(MAX_HIDDEN_SECONDS, FIRST_HIDDEN_SECONDS * 2 ** (deliveries - 1));
