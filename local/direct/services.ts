import { setTimeout } from 'node:timers/promises';
import type { Serve } from '../services.ts';
import { type Answer, type Answering, NO_ANSWER } from './calls.ts';

/** The services of the process itself, without their server. A call's operation is the request's target, or its path where that says it. */
export const directServices =
  (serve: Serve): Answering =>
  async ({ operation, input }) => {
    const isPath = operation.startsWith('/');
    const request = { target: isPath ? '' : operation, path: isPath ? operation : '/', text: input };
    try {
      const said = await serve(request);
      if (said === 'hang') return never;
      if (said === 'reset') return NO_ANSWER;
      const { status, headers = {}, body, afterMs = 0 } = said;
      if (afterMs > 0) await setTimeout(afterMs, undefined, { ref: false });
      return { status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) };
    } catch (error) {
      console.error(error);
      return { status: 500, headers: {}, body: '{"message":"Internal Server Error"}' };
    }
  };

/** The caller's own timeout ends it. */
const never = new Promise<Answer>(() => undefined);
