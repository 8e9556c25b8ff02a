import type * as z from 'zod';
import { httpHandler } from '../handlers/http-handler.ts';
import type { HttpDeps } from './dependencies.ts';
import { handleRequest } from './handle-request.ts';
import type { Route } from './route.ts';
import { router } from './router.ts';

/** A function of the HTTP API: these routes, behind the JWT authorizer. */
export const routesHandler = <Schema extends z.ZodObject, Deps extends HttpDeps>(
  env: Schema,
  build: (env: z.infer<Schema>) => Deps,
  routes: readonly Route<Deps>[],
) =>
  httpHandler({
    env,
    build: (read) => ({ deps: build(read), routes: router(routes) }),
    handle: ({ deps, routes: known }, event) => handleRequest(deps, known, event),
  });
