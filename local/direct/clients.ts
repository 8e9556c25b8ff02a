import type { MessagePort } from 'node:worker_threads';
import type { Json } from '../template.ts';
import type { Ask } from './calls.ts';
import { outputOf } from './outputs.ts';

/** `others`: those of the process itself, which are asked by a request's path or target. */
export type DirectService = 'dynamodb' | 'sqs' | 'others';
/** The port by which a thread asks each service. */
export type DirectPorts = Partial<Record<DirectService, MessagePort>>;

/** @throws Error where the caller may not make that call. `operation` and `input`: as `Call` has them. */
export type Guard = (service: DirectService, operation: string, input: Json | string) => void;

interface Options {
  /** Asks each service; calls of an absent one go by HTTP. */
  asks: Partial<Record<DirectService, Ask>>;
  guard?: Guard;
}

/** The part of a client's middleware stack that is used here; middleware is typed by the client's own inputs and outputs. */
interface Stack {
  remove(name: string): boolean;
  add(middleware: Middleware, options: { name: string; step: string; priority?: string; override?: boolean }): void;
  concat(other: Stack): Stack;
  /** Adds its own middleware to another. */
  applyToStack(other: Pick<Stack, 'add' | 'addRelativeTo' | 'identifyOnResolve'>): void;
  addRelativeTo(middleware: Middleware, options: object): void;
  identifyOnResolve(): boolean;
  /** `handler`: the lower end, which ours never reaches. */
  resolve(handler: unknown, context: Context): Handler;
}
type Context = { commandName: string };
type Handler = (args: Arguments) => Promise<unknown>;
type Next = (args: Arguments) => Promise<Answered>;
/** `request`: of a service that is asked by requests. */
type Arguments = { input: Json; request?: Request };
interface Request {
  path: string;
  headers: Record<string, string>;
  body?: string | Uint8Array;
}
type Middleware = (next: Next, context: Context) => Next;
/** `output`: what a successful answer says, where it was read already. */
interface Answered {
  response: { statusCode: number; headers: Record<string, string>; body: Uint8Array };
  output?: Json;
}
/** The part of a client's configuration by which it writes requests and reads answers, errors among them. */
interface Config {
  retryMode(): Promise<string>;
  retryStrategy(): Promise<{
    acquireInitialRetryToken(scope: string): Promise<object>;
    recordSuccess(token: object): void;
  }>;
  protocol: {
    serializeRequest(operation: object, input: Json, context: object): Promise<Request>;
    deserializeResponse(operation: object, context: object, response: Answered['response']): Promise<Json>;
  };
}
/** A client of the SDK's. */
interface Client {
  config: { serviceId: string };
  middlewareStack: object;
}

const SERVICES: Record<string, DirectService> = {
  DynamoDB: 'dynamodb',
  SQS: 'sqs',
  SFN: 'others',
  SESv2: 'others',
  Pinpoint: 'others',
  'Pinpoint SMS Voice V2': 'others',
};

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
  return (client: Client, timeoutMs: number): void => {
    const service = SERVICES[client.config.serviceId];
    const ask = service && asks[service];
    if (service === undefined || ask === undefined) return;
    // Its middleware is typed for the client's own commands; ours takes any.
    const stack = client.middlewareStack as unknown as Stack;
    const config = client.config as unknown as Config;
    for (const name of OF_REQUESTS) stack.remove(name);
    // Others are placed before it by its name.
    const writing = service === 'others' ? writingRequests(config) : untouched;
    stack.add(writing, { name: 'serializerMiddleware', step: 'serialize', override: true });
    const asking = service === 'others' ? askingByRequest({ ask, guard, timeoutMs }) : undefined;
    stack.add(asking ?? askingByInput(service, { ask, guard, timeoutMs }), {
      name: 'direct',
      step: 'deserialize',
      priority: 'low',
    });
    // The SDK's copies the whole configuration at each answer.
    stack.add(reading(config), { name: 'deserializerMiddleware', step: 'deserialize', override: true });
    if (service !== 'others') quickenRetries(stack, config);
    keepHandlers(stack);
  };
}

const RETRIES = 'retryMiddleware';

/**
 * The SDK's makes an error, with its stack, before each call, in case that it fails. Here a call that succeeds is only counted, and one that fails is
 * handed to the SDK's. Of the mode `adaptive`, which may wait before it calls, nothing is changed.
 */
function quickenRetries(stack: Stack, config: Config): void {
  const own = middlewareOf(stack, RETRIES);
  if (own === undefined) throw new Error('the SDK is not of the version that this was written for');
  const quick: Middleware = (next, context) => async (args) => {
    if ((await config.retryMode()) !== 'standard') return own(next, context)(args);
    const strategy = await config.retryStrategy();
    let answered: Answered;
    try {
      answered = await next(args);
    } catch (error) {
      let hasFailed = false;
      const after: Next = async (again) => {
        if (hasFailed) return next(again);
        hasFailed = true;
        throw error;
      };
      return own(after, context)(args);
    }
    strategy.recordSuccess(await strategy.acquireInitialRetryToken(''));
    Object.assign(answered.output?.$metadata ?? {}, { attempts: 1, totalRetryDelay: 0 });
    return answered;
  };
  stack.add(quick, { name: RETRIES, step: 'finalizeRequest', priority: 'high', override: true });
}

function middlewareOf(stack: Stack, name: string): Middleware | undefined {
  let found: Middleware | undefined;
  stack.applyToStack({
    add(middleware, options) {
      if (options.name === name) found = middleware;
    },
    addRelativeTo: () => undefined,
    identifyOnResolve: () => false,
  });
  return found;
}

interface Asking {
  ask: Ask;
  guard: Guard | undefined;
  timeoutMs: number;
}

const untouched: Middleware = (next) => (args) => next(args);

/** Sends a command's input, which is what the body of its request would be. */
const askingByInput =
  (service: DirectService, { ask, guard, timeoutMs }: Asking): Middleware =>
  (_next, { commandName }) => {
    const operation = commandName.replace(/Command$/, '');
    return async ({ input }) => {
      guard?.(service, operation, input);
      const trace = service === 'sqs' ? process.env._X_AMZN_TRACE_ID : undefined;
      const { status, headers, body } = await ask({ operation, input: textOf(input), trace }, timeoutMs);
      const output = status === 200 ? outputOf(operation, body) : undefined;
      return { response: { statusCode: status, headers, body: output ? NO_BYTES : utf8.encode(body) }, output };
    };
  };

/** Sends a request's body, and what names its operation. */
const askingByRequest =
  ({ ask, guard, timeoutMs }: Asking): Middleware =>
  () =>
  async ({ request }) => {
    const { path, headers: { 'x-amz-target': target } = {}, body: content = '' } = request ?? { path: '' };
    const operation = target ?? path;
    const input = typeof content === 'string' ? content : text.decode(content);
    guard?.('others', operation, input);
    const { status, headers, body } = await ask({ operation, input }, timeoutMs);
    return { response: { statusCode: status, headers, body: utf8.encode(body) } };
  };

/** Writes requests as the SDK does, to no endpoint. */
const writingRequests =
  ({ protocol, ...config }: Config): Middleware =>
  (next, context) => {
    const operation = operationOf(context);
    const settings = { ...config, protocol, ...context, endpoint: async () => NOWHERE };
    return async (args) => next({ ...args, request: await protocol.serializeRequest(operation, args.input, settings) });
  };
const NOWHERE = { protocol: 'http:', hostname: 'localhost', path: '/' };

const utf8 = new TextEncoder();
const text = new TextDecoder();

const NO_BYTES = new Uint8Array();

/** Reads what was not read already as the SDK does: the answers to other operations, and errors. */
const reading =
  ({ protocol, ...config }: Config): Middleware =>
  (next, context) => {
    const operation = operationOf(context);
    const settings = { ...config, protocol, ...context };
    return async (args) => {
      const { response, output } = await next(args);
      if (output !== undefined) return { response, output };
      try {
        return { response, output: await protocol.deserializeResponse(operation, settings, response) };
      } catch (error) {
        throw Object.assign(error as Error, {
          $metadata: { httpStatusCode: response.statusCode, ...metadataOf(error) },
        });
      }
    };
  };

const metadataOf = (error: unknown): object => (error as { $metadata?: object }).$metadata ?? {};

/** As the SDK hands it to its protocols. */
function operationOf(context: object): object {
  const { operationSchema } = (context as Record<string, { operationSchema?: unknown[] }>).__smithy_context ?? {};
  const [, namespace, name, traits, input, output] = operationSchema ?? [];
  return { namespace, name, traits, input, output };
}

/** JSON in which bytes are base64, as both services' protocols have them. */
const textOf = (input: Json): string => JSON.stringify(withoutBytes(input));

/** Bytes are rare: what has none is not copied. A function that `JSON.stringify` calls for each value would take longer than all else of it. */
function withoutBytes(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.length).toString('base64');
  if (Array.isArray(value)) {
    let copy: unknown[] | undefined;
    for (let index = 0; index < value.length; index += 1) {
      const part = withoutBytes(value[index]);
      if (part === value[index]) continue;
      copy ??= [...(value as unknown[])];
      copy[index] = part;
    }
    return copy ?? value;
  }
  let copy: Json | undefined;
  for (const name in value) {
    const own = (value as Json)[name];
    const part = withoutBytes(own);
    if (part === own) continue;
    copy ??= { ...value };
    copy[name] = part;
  }
  return copy ?? value;
}

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
