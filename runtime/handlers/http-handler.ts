import middy from '@middy/core';
import type {
  APIGatewayProxyEventV2,
  APIGatewayProxyEventV2WithJWTAuthorizer,
  APIGatewayProxyStructuredResultV2,
  Context,
} from 'aws-lambda';
import type * as z from 'zod';
import { builtOnce } from '../env.ts';
import { logger } from '../log.ts';
import { ProblemError, problemResponse } from '../problem.ts';

export type HttpEvent = APIGatewayProxyEventV2 | APIGatewayProxyEventV2WithJWTAuthorizer;

/** The bundle for HTTP API triggers: a ProblemError becomes its RFC 9457 answer, anything else a 500 that says nothing of its cause. */
export function httpHandler<Env extends z.ZodObject, Deps>(fn: {
  env: Env;
  build: (env: z.infer<Env>) => Deps;
  handle: (deps: Deps, event: HttpEvent) => Promise<APIGatewayProxyStructuredResultV2>;
}) {
  const deps = builtOnce(fn.env, fn.build);
  return middy(async (event: HttpEvent, _context: Context): Promise<APIGatewayProxyStructuredResultV2> => {
    try {
      return await fn.handle(deps(), event);
    } catch (error) {
      if (error instanceof ProblemError) return problemResponse(error.problem);
      logger.error('request failed', { route: event.routeKey, error: error as Error });
      return problemResponse({
        type: 'internal',
        detail: 'Something failed on our side. The request may be repeated.',
      });
    }
  });
}
