import type { MessagePort } from 'node:worker_threads';

/** A call that a function's thread makes to a stand-in at the other end of a port. */
export interface Call {
  id: number;
  /** As `GetItem`. */
  operation: string;
  /** JSON, as the request would carry it. */
  input: string;
  /** The chain of invocations that calls. */
  trace?: string;
}
/** The response, which the SDK reads as if it had come by HTTP. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}
export type NumberedAnswer = Answer & Pick<Call, 'id'>;
/** The stand-in closes the connection without an answer. */
export const NO_ANSWER: Answer = { status: 0, headers: {}, body: '' };

/** @throws what brings the stand-in's thread down */
export type Answering = (call: Call) => Answer | Promise<Answer>;

/** Serves the calls that come through a port, side by side. */
export function serve(port: MessagePort, answering: Answering): void {
  const post = postedTogether<NumberedAnswer>(port);
  const work = async (call: Call) => {
    const answer = await answering(call);
    post({ id: call.id, ...answer });
  };
  port.on('message', (calls: Call[]) => {
    for (const call of calls) void work(call);
  });
  port.unref();
}

/** Posts what comes in one turn of the event loop as one message: each message wakes the other thread, which takes longer than most calls. */
function postedTogether<Part>(port: MessagePort): (part: Part) => void {
  let parts: Part[] = [];
  const postAll = () => {
    const all = parts;
    parts = [];
    port.postMessage(all);
  };
  return (part) => {
    if (parts.length === 0) setImmediate(postAll);
    parts.push(part);
  };
}

export type Ask = (call: Omit<Call, 'id'>, timeoutMs: number) => Promise<Answer>;

/** Asks the stand-in at the other end of a port. A call that is not answered fails as one over HTTP does, so that the SDK repeats it. */
export function caller(port: MessagePort): Ask {
  const open = new Map<number, { done: (answer: Answer) => void; failed: (error: Error) => void }>();
  let calls = 0;
  let isClosed = false;
  const post = postedTogether<Call>(port);
  port.on('message', (answers: NumberedAnswer[]) => {
    for (const { id, ...answer } of answers) open.get(id)?.done(answer);
  });
  port.on('close', () => {
    isClosed = true;
    for (const { failed } of open.values()) failed(ended());
  });
  port.unref();
  return (call, timeoutMs) =>
    new Promise((resolve, reject) => {
      if (isClosed) return reject(ended());
      const id = ++calls;
      const late = setTimeout(() => failed(unanswered(timeoutMs)), timeoutMs);
      const end = () => {
        clearTimeout(late);
        if (open.delete(id) && open.size === 0) port.unref();
      };
      const failed = (error: Error) => {
        end();
        reject(error);
      };
      const done = (answer: Answer) => {
        if (answer.status === NO_ANSWER.status) return failed(closed());
        end();
        resolve(answer);
      };
      if (open.size === 0) port.ref();
      open.set(id, { done, failed });
      post({ id, ...call });
    });
}

/** As the SDK's own handler of HTTP names what may be repeated. */
const failure = (code: 'ETIMEDOUT' | 'ECONNRESET', message: string): Error =>
  Object.assign(new Error(message), { name: 'TimeoutError', code });
const unanswered = (ms: number): Error => failure('ETIMEDOUT', `the stand-in did not answer within ${ms} ms`);
const closed = (): Error => failure('ECONNRESET', 'socket hang up');
const ended = (): Error => failure('ECONNRESET', "the stand-in's thread has ended");
