import { type MessageAttributeValue, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import * as z from 'zod';
import { PoisonError } from '../../engine/errors.ts';
import { sqs } from '../aws.ts';
import { builtFromEnv } from '../env.ts';
import { logger, withLogFields } from '../log.ts';
import { hideBriefly, withRetries } from './fifo-retries.ts';
import { lambdaHandler } from './lambda-handler.ts';
import { logFieldsOf } from './log-fields.ts';
import { poisonCause } from './poison.ts';

/** Variables that every queue function needs beside its own. */
export const QueueEnvSchema = z.object({ DEAD_LETTER_QUEUE_URL: z.string() });

interface Consumer<Env extends z.ZodObject, Body extends z.ZodType, Deps> {
  env: Env;
  /** Shape of a record's JSON body. */
  body: Body;
  /** Builds the dependencies once, at the first event. */
  build: (env: z.infer<Env>) => Deps;
}

interface QueueFunction<Env extends z.ZodObject, Body extends z.ZodType, Deps> extends Consumer<Env, Body, Deps> {
  handle: (deps: Deps, body: z.infer<Body>, record: SQSRecord) => Promise<void>;
  /** URL of a FIFO queue: failed records are retried within the delivery, and then delivered again soon. */
  fifo?: (env: z.infer<Env>) => string;
}

interface BatchFunction<Env extends z.ZodObject, Body extends z.ZodType, Deps> extends Consumer<Env, Body, Deps> {
  handleAll: (deps: Deps, bodies: z.infer<Body>[]) => Promise<void>;
}

/**
 * Middleware for queue triggers: parses bodies, processes groups concurrently and a group's records in order, returns partial failures. On FIFO a
 * group stops at its first failure. A poison record goes to the dead-letter queue with its cause and stops nothing.
 */
export function queueHandler<Env extends z.ZodObject, Body extends z.ZodType, Deps>(
  fn: QueueFunction<Env, Body, Deps>,
) {
  const ready = prepare(fn);
  return lambdaHandler(async (event: SQSEvent, context: Context): Promise<SQSBatchResponse> => {
    const { deps, orDeadLetter, fifoUrl, client } = ready();
    const failed: SQSRecord[] = [];
    await Promise.all(
      groupsOf(event.Records).map(async (records) => {
        for (const [index, record] of records.entries()) {
          const parsed = parse(fn.body, record.body);
          const work = async () => fn.handle(deps, bodyOf(parsed), record);
          const isDone = await withLogFields(fieldsOf(record, parsed), () =>
            isHandled(() =>
              orDeadLetter(record, () => (fifoUrl === undefined ? work() : withRetries(record, context, work))),
            ),
          );
          if (isDone) continue;
          failed.push(...records.slice(index));
          return;
        }
      }),
    );
    if (fifoUrl !== undefined) await hideBriefly(client, fifoUrl, failed);
    return failures(failed);
  });
}

/**
 * For work that is cheaper in batches: gets all records at once. If it throws, the whole batch is delivered again, without poison records. If the
 * batch always fails, its records are processed one by one, and the one that fails goes to the dead-letter queue.
 */
export function batchHandler<Env extends z.ZodObject, Body extends z.ZodType, Deps>(
  fn: BatchFunction<Env, Body, Deps>,
) {
  const ready = prepare(fn);
  return lambdaHandler(async (event: SQSEvent): Promise<SQSBatchResponse> => {
    const { deps, orDeadLetter } = ready();
    const read: { record: SQSRecord; body: z.infer<Body> }[] = [];
    try {
      for (const record of event.Records)
        await orDeadLetter(record, async () => void read.push({ record, body: bodyOf(parse(fn.body, record.body)) }));
      try {
        await fn.handleAll(
          deps,
          read.map(({ body }) => body),
        );
      } catch (error) {
        if (poisonCause(error) === undefined) throw error;
        for (const { record, body } of read) await orDeadLetter(record, () => fn.handleAll(deps, [body]));
      }
      return failures([]);
    } catch (error) {
      for (const record of event.Records) withLogFields(fieldsOf(record), () => warnOfRetry(error));
      return failures(event.Records);
    }
  });
}

/** Builds the dependencies, and the function that moves poison records to the dead-letter queue. */
const prepare = <Env extends z.ZodObject, Body extends z.ZodType, Deps>(
  fn: Consumer<Env, Body, Deps> & Pick<QueueFunction<Env, Body, Deps>, 'fifo'>,
) =>
  builtFromEnv(fn.env.extend(QueueEnvSchema.shape), (env) => {
    const deadLetters = (env as z.infer<typeof QueueEnvSchema>).DEAD_LETTER_QUEUE_URL;
    const client = sqs();
    return {
      client,
      fifoUrl: fn.fifo?.(env as z.infer<Env>),
      deps: fn.build(env as z.infer<Env>),
      async orDeadLetter(record: SQSRecord, work: () => Promise<void>): Promise<void> {
        try {
          await work();
        } catch (error) {
          const cause = poisonCause(error);
          if (cause === undefined) throw error;
          withLogFields(fieldsOf(record), () => logger.error('poison record', { cause }));
          await moveToDeadLetterQueue(client, besideItsQueue(deadLetters, record), record, cause);
        }
      },
    };
  });

/** Returns false, and logs the reason, if the record must be delivered again. */
async function isHandled(work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    warnOfRetry(error);
    return false;
  }
}

function warnOfRetry(error: unknown): void {
  logger.warn('record will be retried', { error: error as Error });
}

/** Returns the fields of the log lines about a record. */
function fieldsOf({ eventSourceARN, messageId }: SQSRecord, parsed?: Parsed<unknown>): Record<string, unknown> {
  const keys = parsed && 'body' in parsed ? logFieldsOf(parsed.body) : {};
  return { queue: eventSourceARN, sqsMessageId: messageId, ...keys };
}

const failures = (records: SQSRecord[]): SQSBatchResponse => ({
  batchItemFailures: records.map(({ messageId }) => ({ itemIdentifier: messageId })),
});

/** Groups FIFO records, in order; each record of a standard queue is a group of its own. */
function groupsOf(records: SQSRecord[]): SQSRecord[][] {
  const groups = new Map<string, SQSRecord[]>();
  for (const record of records) {
    const fifo = record.eventSourceARN.endsWith('.fifo');
    const group = fifo ? (record.attributes.MessageGroupId ?? '') : record.messageId;
    const list = groups.get(group) ?? [];
    list.push(record);
    groups.set(group, list);
  }
  return [...groups.values()];
}

type Parsed<Body> = { body: Body } | { fault: string };

function parse<Body extends z.ZodType>(schema: Body, text: string): Parsed<z.infer<Body>> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { fault: 'body is not JSON' };
  }
  const read = schema.safeParse(json);
  if (read.success) return { body: read.data };
  return { fault: read.error.issues.map((issue) => `/${issue.path.join('/')}: ${issue.message}`).join('; ') };
}

/** @throws PoisonError */
function bodyOf<Body>(parsed: Parsed<Body>): Body {
  if ('fault' in parsed) throw new PoisonError(parsed.fault);
  return parsed.body;
}

/** URL of the dead-letter queue of the record's own queue: a function may have several, whose dead-letter queues are all beside the one it knows. */
function besideItsQueue(known: string, { eventSourceARN }: SQSRecord): string {
  const queue = eventSourceARN.slice(eventSourceARN.lastIndexOf(':') + 1);
  const [, name, fifo] = /^(.*?)(\.fifo)?$/.exec(queue) ?? [];
  return known.replace(/[^/]*$/, `${name}-dlq${fifo ?? ''}`);
}

const textAttribute = (StringValue: string) => ({ DataType: 'String', StringValue });

/** The job that redrove the message, which passes it over from now on. */
function redriven({ messageAttributes }: SQSRecord): Record<string, MessageAttributeValue> {
  const job = messageAttributes?.redriven?.stringValue;
  return job === undefined ? {} : { redriven: textAttribute(job) };
}

async function moveToDeadLetterQueue(
  client: SQSClient,
  queue: string,
  record: SQSRecord,
  cause: string,
): Promise<void> {
  const fifo = queue.endsWith('.fifo')
    ? { MessageGroupId: record.attributes.MessageGroupId ?? 'poison', MessageDeduplicationId: record.messageId }
    : {};
  await client.send(
    new SendMessageCommand({
      QueueUrl: queue,
      MessageBody: record.body,
      MessageAttributes: { cause: textAttribute(cause.slice(0, 1_000) || 'unknown'), ...redriven(record) },
      ...fifo,
    }),
  );
}
