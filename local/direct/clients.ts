import type { MessagePort } from 'node:worker_threads';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { Json } from '../template.ts';
import type { Ask } from './calls.ts';

export type DirectService = 'dynamodb' | 'sqs';
/** The port by which a thread asks each service. */
export type DirectPorts = Partial<Record<DirectService, MessagePort>>;

interface Options {
  /** Asks each service; calls of an absent one go by HTTP. */
  asks: Partial<Record<DirectService, Ask>>;
  /** @throws Error where the caller may not make that call */
  guard?: (service: DirectService, operation: string, input: Json) => void;
}

/** The part of a client's middleware stack that is used here; middleware is typed by the client's own inputs and outputs. */
interface Stack {
  remove(name: string): boolean;
  add(middleware: Middleware, options: { name: string; step: string; priority?: string; override?: boolean }): void;
  concat(other: Stack): Stack;
}
type Next = (args: { input: Json }) => Promise<unknown>;
type Middleware = (next: Next, context: { commandName: string }) => Next;

const SERVICES: Record<string, DirectService> = { DynamoDB: 'dynamodb', SQS: 'sqs' };

/** Middleware that builds and signs an HTTP request. Middleware that marshals, checks digests, retries and reads the answer stays. */
const OF_REQUESTS = [
  'loggerMiddleware',
  'httpAuthSchemeMiddleware',
  'queueUrlMiddleware',
  'contentLengthMiddleware',
  'getUserAgentMiddleware',
  'hostHeaderMiddleware',
  'recursionDetectionMiddleware',
  'httpSigningMiddleware',
];
/** Each command adds it anew. */
const OF_COMMANDS = 'endpointV2Middleware';

/** Has an SDK client ask stand-ins in other threads of this process in the place of HTTP: by its middleware stack, whose lower end is replaced. */
export function directClients({ asks, guard }: Options) {
  return (client: DynamoDBClient | SQSClient, timeoutMs: number): void => {
    const service = SERVICES[client.config.serviceId];
    const ask = service && asks[service];
    if (service === undefined || ask === undefined) return;
    // Its middleware is typed for the client's own commands; ours takes any.
    const stack = client.middlewareStack as unknown as Stack;
    for (const name of OF_REQUESTS) stack.remove(name);
    // Others are placed before it by its name.
    stack.add((next) => (args) => next(args), { name: 'serializerMiddleware', step: 'serialize', override: true });
    stack.add(
      (_next, { commandName }) =>
        async ({ input }) => {
          const operation = commandName.replace(/Command$/, '');
          guard?.(service, operation, input);
          const trace = service === 'sqs' ? process.env._X_AMZN_TRACE_ID : undefined;
          const { status, headers, body } = await ask({ operation, input: textOf(input), trace }, timeoutMs);
          return { response: { statusCode: status, headers, body: utf8.encode(body) } };
        },
      { name: 'direct', step: 'deserialize', priority: 'low' },
    );
    withoutEndpoints(stack);
  };
}

const utf8 = new TextEncoder();

/** JSON in which bytes are base64, as both services' protocols have them. */
const textOf = (input: Json): string =>
  JSON.stringify(input, function (this: Json, key, value: unknown) {
    // A Buffer comes here as its `toJSON` has it.
    const own = this[key];
    return own instanceof Uint8Array ? Buffer.from(own).toString('base64') : value;
  });

/** A command's own stack is joined to the client's at each call, once for a document's. */
function withoutEndpoints(stack: Stack): Stack {
  const concat = stack.concat.bind(stack);
  stack.concat = (other) => {
    const joined = concat(other);
    joined.remove(OF_COMMANDS);
    return withoutEndpoints(joined);
  };
  return stack;
}
