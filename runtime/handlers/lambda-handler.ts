import middy, { type MiddlewareObj } from '@middy/core';
import type { Context } from 'aws-lambda';
import { asInvocation } from '../invocation.ts';
import { withLogFields } from '../log.ts';

/**
 * Wraps the handler of any trigger: each line that it logs carries the request's id, its errors pass the middleware, and its metric events are on
 * their queue before it answers. Lambda ends an instance at its timeout; middy would reject the invocation shortly before it, while its work goes on beside the next one.
 */
export function lambdaHandler<Event, Result>(
  handle: (event: Event, context: Context) => Promise<Result>,
  middleware: MiddlewareObj<Event, Result, Error>[] = [],
): (event: Event, context: Context) => Promise<Result> {
  const wrapped = middy<Event, Result>({ timeoutEarlyInMillis: 0 })
    .use(middleware)
    .handler((event, context) => handle(event, context));
  return (event, context) =>
    withLogFields({ requestId: context.awsRequestId }, () =>
      asInvocation(async () => (await wrapped(event, context)) as Result),
    );
}
