import type { MessagePort } from 'node:worker_threads';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { Json } from '../template.ts';
import type { Ask } from './calls.ts';
import { outputOf } from './outputs.ts';

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
  /** `handler`: the lower end, which ours never reaches. */
  resolve(handler: unknown, context: Context): Handler;
}
type Context = { commandName: string };
type Handler = (args: { input: Json }) => Promise<unknown>;
type Next = (args: { input: Json }) => Promise<Answered>;
type Middleware = (next: Next, context: Context) => Next;
/** `output`: what a successful answer says, where it was read already. */
interface Answered {
  response: { statusCode: number; headers: Record<string, string>; body: Uint8Array };
  output?: Json;
}
/** The part of a client's configuration by which it reads answers, errors among them. */
interface Config {
  protocol: { deserializeResponse(operation: object, context: object, response: Answered['response']): Promise<Json> };
}

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
          const output = status === 200 ? outputOf(service, operation, body) : undefined;
          return { response: { statusCode: status, headers, body: output ? NO_BYTES : utf8.encode(body) }, output };
        },
      { name: 'direct', step: 'deserialize', priority: 'low' },
    );
    // The SDK's copies the whole configuration at each answer.
    const config = client.config as unknown as Config;
    stack.add(reading(config), { name: 'deserializerMiddleware', step: 'deserialize', override: true });
    keepHandlers(stack);
  };
}

const utf8 = new TextEncoder();

const NO_BYTES = new Uint8Array();

/** Reads what was not read already as the SDK does: the answers to other operations, and errors. */
const reading =
  ({ protocol, ...config }: Config): Middleware =>
  (next, context) =>
  async (args) => {
    const { response, output } = await next(args);
    if (output !== undefined) return { response, output };
    const [, namespace, name, traits, input, answer] = schemaOf(context);
    const operation = { namespace, name, traits, input, output: answer };
    try {
      const read = await protocol.deserializeResponse(operation, { ...config, protocol, ...context }, response);
      return { response, output: read };
    } catch (error) {
      throw Object.assign(error as Error, { $metadata: { httpStatusCode: response.statusCode, ...metadataOf(error) } });
    }
  };

const metadataOf = (error: unknown): object => (error as { $metadata?: object }).$metadata ?? {};

/** Where the SDK keeps an operation's schema. */
const schemaOf = (context: object): unknown[] =>
  (context as Record<string, { operationSchema: unknown[] }>).__smithy_context?.operationSchema ?? [];

/** JSON in which bytes are base64, as both services' protocols have them. */
const textOf = (input: Json): string =>
  JSON.stringify(input, function (this: Json, key, value: unknown) {
    // A Buffer comes here as its `toJSON` has it.
    const own = this[key];
    return own instanceof Uint8Array ? Buffer.from(own).toString('base64') : value;
  });

/**
 * A command's own stack is joined to the client's at each call, once more for a document's, and then ordered: for the same command it is the same
 * each time, and is kept, as the SDK's own `cacheMiddleware` keeps it, which clients of documents refuse.
 */
function keepHandlers(stack: Stack): void {
  const concat = stack.concat.bind(stack);
  const ofCommands = new Map<string, Handler>();
  const ofDocuments = new Map<string, Handler>();
  stack.concat = (other) => {
    const join = () => withoutEndpoints(concat(other));
    return {
      concat: (inner: Stack) => ({ resolve: kept(ofDocuments, () => withoutEndpoints(join().concat(inner))) }),
      resolve: kept(ofCommands, join),
    } as unknown as Stack; // nothing else of a joined stack is asked for
  };
}

const kept =
  (handlers: Map<string, Handler>, join: () => Stack): Stack['resolve'] =>
  (handler, context) => {
    const found = handlers.get(context.commandName) ?? join().resolve(handler, context);
    handlers.set(context.commandName, found);
    return found;
  };

function withoutEndpoints(joined: Stack): Stack {
  joined.remove(OF_COMMANDS);
  return joined;
}
