import type * as z from 'zod';
import type { Deps } from './deps.ts';
import type { Caller, Role } from './roles.ts';

type ParamNames<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? (Name extends `${infer Bare}+` ? Bare : Name) | ParamNames<Rest>
  : never;

/** A request after routing and validation. */
export interface Call<Params extends string = string, Query = unknown, Body = unknown> {
  params: Record<Params, string>;
  query: Query;
  body: Body;
  /** The body as it came, before the schema's defaults. */
  sent: unknown;
  /** Of public routes: nobody. */
  caller: Caller;
  headers: Record<string, string | undefined>;
  /** As it came, decoded: cursors are bound to it. */
  path: string;
}

export interface Answer<Body = unknown> {
  /** Absent: the route's `status`. 304 has no body. */
  status?: number;
  body?: Body;
  headers?: Record<string, string>;
}

/** A route as it is declared: router, validation, roles and the OpenAPI document come from it. */
export interface Route {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `{id}` is one segment, `{id+}` may hold slashes. */
  path: string;
  role: Role | 'public';
  summary: string;
  /** Of success; 204 has no body. */
  status: 200 | 201 | 202 | 204;
  query?: z.ZodType;
  body?: z.ZodType;
  response?: z.ZodType;
  /** 201 where what is sent was not there before. */
  creates?: boolean;
  /** Keeps `If-Match` and `If-None-Match`. */
  conditional?: boolean;
  /** Of what is answered; absent: JSON. */
  media?: 'text/csv';
  /** POSTs that act take an `Idempotency-Key`. */
  acts: boolean;
  /** Takes out of an answer what may be said once only; what a repeated key then gives. */
  redact?: (body: unknown) => unknown;
  handle: (deps: Deps, call: Call) => Promise<Answer>;
}

interface Declared<Path extends string, Query extends z.ZodType, Body extends z.ZodType, Response extends z.ZodType>
  extends Omit<Route, 'path' | 'query' | 'body' | 'response' | 'handle' | 'status' | 'acts' | 'redact'> {
  path: Path;
  status?: Route['status'];
  acts?: boolean;
  query?: Query;
  body?: Body;
  response?: Response;
  redact?: (body: z.input<Response>) => z.input<Response>;
  handle: (
    deps: Deps,
    call: Call<ParamNames<Path>, z.output<Query>, z.output<Body>>,
  ) => Promise<Answer<z.input<Response>>>;
}

/** Declares a route; `handle` is typed by its path and schemas. */
export function route<
  const Path extends string,
  Query extends z.ZodType = z.ZodUnknown,
  Body extends z.ZodType = z.ZodUnknown,
  Response extends z.ZodType = z.ZodUndefined,
>(declared: Declared<Path, Query, Body, Response>): Route {
  const { status = 200, acts = declared.method === 'POST', ...rest } = declared;
  // The router hands `handle` exactly what path and schemas say.
  return { ...rest, status, acts } as unknown as Route;
}
