import type { Answer, Answering } from './calls.ts';

/** The part of fauxqs that is used here: the router behind its HTTP server. */
export interface SqsRouter {
  register(operation: string, action: unknown): void;
  handle(request: { headers: Record<string, string>; body: unknown }, reply: Reply): Promise<unknown>;
}
interface Reply {
  status(status: number): void;
  header(name: string, value: string): void;
}

const OPERATIONS = [
  'SendMessage',
  'SendMessageBatch',
  'ReceiveMessage',
  'DeleteMessage',
  'DeleteMessageBatch',
  'ChangeMessageVisibility',
  'ChangeMessageVisibilityBatch',
  'GetQueueAttributes',
  'GetQueueUrl',
  'ListQueues',
];
/** As its server, whose Fastify answers so. */
const MAX_REQUEST_BYTES = 11 * 1024 * 1024;
const TOO_LARGE = {
  statusCode: 413,
  code: 'FST_ERR_CTP_BODY_TOO_LARGE',
  error: 'Payload Too Large',
  message: 'Request body is too large',
};

/** Hooks that its server calls around each request. */
export interface Around {
  /** Runs an action in the chain of invocations that asked for it. */
  inChain<Result>(trace: string | undefined, work: () => Result): Result;
  /** Resolves once all that actions wrote is kept. */
  stored(): Promise<void>;
}

/** Fauxqs's own actions, without its server. */
export async function directQueues(
  load: (file: string) => Promise<Record<string, unknown>>,
  router: SqsRouter,
  { inChain, stored }: Around,
): Promise<Answering> {
  for (const operation of OPERATIONS) {
    const name = operation.charAt(0).toLowerCase() + operation.slice(1);
    router.register(operation, (await load(`sqs/actions/${name}.js`))[name]);
  }
  return async ({ operation, input, trace }) => {
    if (Buffer.byteLength(input) > MAX_REQUEST_BYTES) return answerOf(413, TOO_LARGE);
    const headers: Record<string, string> = {};
    let status = 200;
    const reply: Reply = {
      status(code) {
        status = code;
      },
      header(name, value) {
        headers[name] = value;
      },
    };
    const request = { headers: { 'x-amz-target': `AmazonSQS.${operation}` }, body: JSON.parse(input) as unknown };
    try {
      const answer = await inChain(trace, () => router.handle(request, reply));
      await stored();
      return answerOf(status, answer ?? {}, headers);
    } catch (error) {
      const { code, message } = error instanceof Error ? (error as NodeJS.ErrnoException) : { message: String(error) };
      return answerOf(500, { statusCode: 500, code, error: 'Internal Server Error', message });
    }
  };
}

const answerOf = (status: number, body: object, headers: Record<string, string> = {}): Answer => ({
  status,
  headers,
  body: JSON.stringify(body),
});
