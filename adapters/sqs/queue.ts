import { setImmediate as nextTurn } from 'node:timers/promises';
import { SendMessageBatchCommand, type SendMessageBatchRequestEntry, type SQSClient } from '@aws-sdk/client-sqs';
import type { Outgoing, Queue } from '../../engine/ports.ts';

/** SQS takes ten messages and 256 KiB a call. */
const MAX_MESSAGES = 10;
const MAX_BYTES = 256 * 1024;
/** Most bytes of one message's body. */
export const MAX_BODY_BYTES = MAX_BYTES;
const TRIES = 4;
/** Concurrent calls. */
const CONCURRENCY = 16;

interface Waiting extends Outgoing {
  done: () => void;
  failed: (error: unknown) => void;
}

/**
 * A queue to send to. `send` resolves once every message is on the queue: it retries partial failures, and throws if a message still fails. Messages
 * that are sent within the same turn share calls, some of them concurrent, because the records of a batch are processed concurrently. Each call
 * carries at most one message of a group, and the group's next message waits for the next call, so that it never overtakes a message that is retried.
 */
export function queue(client: SQSClient, url: string): Queue {
  let waiting: Waiting[] = [];
  let isDraining = false;

  async function drain(): Promise<void> {
    await nextTurn();
    const underWay = new Set<Promise<void>>();
    while (waiting.length > 0) {
      const all = waiting;
      waiting = [];
      for (const round of roundsOf(all)) {
        for (const batch of batchesOf(round)) {
          const call = deliver(client, url, batch).finally(() => underWay.delete(call));
          underWay.add(call);
          if (underWay.size >= CONCURRENCY) await Promise.race(underWay);
        }
        // Messages without a group have no order.
        if (round.some(({ group }) => group !== undefined)) await Promise.all(underWay);
      }
    }
    isDraining = false;
  }

  return {
    async send(messages: Outgoing[]): Promise<void> {
      if (messages.length === 0) return;
      const sent = messages.map(
        (message) =>
          new Promise<void>((done, failed) => {
            waiting.push({ ...message, done, failed });
          }),
      );
      if (!isDraining) {
        isDraining = true;
        void drain();
      }
      await Promise.all(sent);
    },
  };
}

async function sendBatch(client: SQSClient, url: string, batch: Outgoing[]): Promise<void> {
  let left = batch.map(entryOf);
  for (let attempt = 1; left.length > 0; attempt += 1) {
    const answer = await client.send(new SendMessageBatchCommand({ QueueUrl: url, Entries: left }));
    const failed = new Set((answer.Failed ?? []).map((failure) => failure.Id));
    left = left.filter((entry) => failed.has(entry.Id));
    if (left.length > 0 && attempt === TRIES) {
      const codes = (answer.Failed ?? []).map((failure) => failure.Code).join(', ');
      throw new Error(`${left.length} messages could not be queued: ${codes}`);
    }
  }
}

async function deliver(client: SQSClient, url: string, batch: Waiting[]): Promise<void> {
  try {
    await sendBatch(client, url, batch);
    for (const one of batch) one.done();
  } catch (error) {
    for (const one of batch) one.failed(error);
  }
}

function entryOf(message: Outgoing, index: number): SendMessageBatchRequestEntry {
  return {
    Id: String(index),
    MessageBody: textOf(message.body),
    MessageGroupId: message.group,
    MessageDeduplicationId: message.dedup,
    DelaySeconds: message.delaySeconds,
  };
}

/** SQS refuses two characters that JSON leaves unescaped. */
const textOf = (body: unknown): string =>
  JSON.stringify(body).replaceAll('\uFFFE', '\\ufffe').replaceAll('\uFFFF', '\\uffff');

/** Returns the bytes that a body takes on a queue. */
export const queueBytes = (body: unknown): number => Buffer.byteLength(textOf(body));

/** Splits messages into rounds, in order, each with at most one message of a group. */
function roundsOf<Message extends Outgoing>(messages: Message[]): Message[][] {
  const rounds: Message[][] = [];
  const roundOf = new Map<string, number>();
  for (const message of messages) {
    const round = message.group === undefined ? 0 : (roundOf.get(message.group) ?? 0);
    if (message.group !== undefined) roundOf.set(message.group, round + 1);
    const inRound = rounds[round] ?? [];
    inRound.push(message);
    rounds[round] = inRound;
  }
  return rounds;
}

function batchesOf<Message extends Outgoing>(messages: Message[]): Message[][] {
  const batches: Message[][] = [];
  let rest = messages;
  while (rest.length > 0) {
    const batch: Message[] = [];
    const later: Message[] = [];
    let bytes = 0;
    for (const message of rest) {
      const size = queueBytes(message.body) + 256;
      const fits = batch.length < MAX_MESSAGES && (batch.length === 0 || bytes + size <= MAX_BYTES);
      (fits ? batch : later).push(message);
      if (fits) bytes += size;
    }
    batches.push(batch);
    rest = later;
  }
  return batches;
}
