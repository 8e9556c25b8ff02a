import type { MiddlewareObj } from '@middy/core';
import type {
  APIGatewayProxyEventV2,
  APIGatewayProxyEventV2WithJWTAuthorizer,
  APIGatewayProxyStructuredResultV2,
} from 'aws-lambda';
import type * as z from 'zod';
import { DomainError } from '../../engine/errors.ts';
import { builtFromEnv } from '../env.ts';
import { logger, withLogFields } from '../log.ts';
import { internalProblem, problemResponse } from '../problem.ts';
import { lambdaHandler } from './lambda-handler.ts';

/** Answers an error: a DomainError as its problem, any other as a 500 whose cause stands in the log alone. */
const problems: MiddlewareObj<HttpEvent, APIGatewayProxyStructuredResultV2, Error> = {
  onError(request) {
    const { error } = request;
    if (error instanceof DomainError) {
      request.response = problemResponse(error);
      return;
    }
    withLogFields(fieldsOf(request.event), () => logger.error('request failed', { error: error ?? undefined }));
    request.response = internalProblem();
  },
};

export type HttpEvent = APIGatewayProxyEventV2 | APIGatewayProxyEventV2WithJWTAuthorizer;

/** Middleware for HTTP API triggers: a DomainError becomes an RFC 9457 response, and anything else a 500 that says nothing of its cause. */
export function httpHandler<Env extends z.ZodObject, Deps>(fn: {
  env: Env;
  build: (env: z.infer<Env>) => Deps;
  handle: (deps: Deps, event: HttpEvent) => Promise<APIGatewayProxyStructuredResultV2>;
}) {
  const deps = builtFromEnv(fn.env, fn.build);
  const answer = (event: HttpEvent) => withLogFields(fieldsOf(event), () => fn.handle(deps(), event));
  return lambdaHandler<HttpEvent, APIGatewayProxyStructuredResultV2>(answer, [problems]);
}

/** Only keys and entry ids are logged, which are hashes; anything else in a path, such as a customer's own id, is not. */
const HASH = /^[a-z2-7]{26}$/;

/** `apiRequestId` is the `requestId` of the access log. */
function fieldsOf({ routeKey, requestContext, pathParameters }: HttpEvent): Record<string, unknown> {
  const hashes = Object.entries(pathParameters ?? {}).filter(([, value]) => value !== undefined && HASH.test(value));
  return { apiRequestId: requestContext?.requestId, route: routeKey, ...Object.fromEntries(hashes) };
}
