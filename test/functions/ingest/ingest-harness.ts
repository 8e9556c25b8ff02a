import { SendMessageBatchCommand, type SendMessageBatchRequestEntry, SQSClient } from '@aws-sdk/client-sqs';
import { mockClient } from 'aws-sdk-client-mock';
import { queue } from '../../../adapters/sqs/queue.ts';
import { clientMerges } from '../../../engine/ingest/client-merges.ts';
import { rateLimit } from '../../../engine/ingest/rate-limit.ts';
import { ingest } from '../../../functions/ingest/routes/ingest.ts';
import type { HttpEvent } from '../../../runtime/handlers/http-handler.ts';

export const NOW = Date.parse('2026-11-02T01:00:00.000Z');
export const QUEUE_URL = 'https://sqs.us-east-1.amazonaws.com/000000000000/events.fifo';
export const basic = (key: string) => `Basic ${Buffer.from(`${key}:`).toString('base64')}`;

export interface Posted {
  headers?: Record<string, string>;
  /** Sent as it is. */
  raw?: string;
  isBase64Encoded?: boolean;
}
export interface Answered {
  status: number;
  headers: Record<string, unknown>;
  body: Record<string, unknown>;
}

/** A request as API Gateway's payload format 2.0 hands it on. */
export const request = (path: string, body: unknown, posted: Posted = {}): HttpEvent =>
  ({
    version: '2.0',
    routeKey: `POST ${path}`,
    rawPath: path,
    headers: posted.headers ?? { authorization: basic('server-key') },
    body: posted.raw ?? JSON.stringify(body),
    isBase64Encoded: posted.isBase64Encoded ?? false,
    // The function reads nothing else of it.
  }) as unknown as HttpEvent;

/** `GET /v1/projects/{writeKey}/settings`, as API Gateway hands it on. */
export const settingsRequest = (writeKey: string): HttpEvent =>
  ({
    version: '2.0',
    routeKey: 'GET /v1/projects/{writeKey}/settings',
    rawPath: `/v1/projects/${encodeURIComponent(writeKey)}/settings`,
    pathParameters: { writeKey },
    headers: {},
    isBase64Encoded: false,
    // The function reads nothing else of it.
  }) as unknown as HttpEvent;

/** The function with its real queue adapter over a faked SQS client, and two keys. */
export function harness() {
  const client = new SQSClient({ region: 'us-east-1' });
  const sqs = mockClient(client);
  sqs.on(SendMessageBatchCommand).resolves({ Failed: [], Successful: [] });
  const clock = { now: NOW };
  const noted: string[] = [];
  const warnings: string[] = [];
  let ids = 0;
  const deps = {
    keys: {
      find: async (key: string) => {
        if (key === 'server-key') return { id: 'k1', kind: 'server' as const, name: 'backend' };
        return key === 'client-key' ? { id: 'k2', kind: 'client' as const, name: 'web' } : undefined;
      },
    },
    events: queue(client, QUEUE_URL),
    names: {
      note: async (names: readonly string[]) => {
        noted.push(...names);
      },
    },
    metricEvents: { addSums: () => undefined },
    limit: rateLimit(),
    merges: clientMerges(),
    publicUrl: 'https://events.acme.example',
    clock: () => clock.now,
    sequence: () => 7,
    newId: () => {
      ids += 1;
      return `new-${ids}`;
    },
    log: { warn: (message: string) => void warnings.push(message) },
  };

  return {
    sqs,
    clock,
    deps,
    noted,
    warnings,
    post(path: string, body: unknown, posted?: Posted): Promise<Answered> {
      return this.ask(request(path, body, posted));
    },
    async ask(event: HttpEvent): Promise<Answered> {
      const answer = await ingest(deps, event);
      return {
        status: answer.statusCode ?? 0,
        headers: answer.headers ?? {},
        body: JSON.parse(answer.body ?? '') as Record<string, unknown>,
      };
    },
    /** Entries of each call to SQS. */
    calls: (): SendMessageBatchRequestEntry[][] =>
      sqs.commandCalls(SendMessageBatchCommand).map(({ args }) => args[0].input.Entries ?? []),
    /** Every event that was handed to SQS. */
    events(): Record<string, unknown>[] {
      return this.calls()
        .flat()
        .flatMap((entry) => (JSON.parse(entry.MessageBody ?? '') as { events: Record<string, unknown>[] }).events);
    },
  };
}
