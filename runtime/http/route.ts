import type * as z from 'zod';
import { paramsIn, TextIdSchema } from './params.ts';
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
  /**
   * Names what the call is to do, so that a repeat goes on with it: the same at every repeat under its `Idempotency-Key`, within the key's 24 hours.
   * Without a key it is nobody else's.
   */
  intent: string;
}

export interface Answer<Body = unknown> {
  /** Absent: the route's `status`. 304 has no body. */
  status?: number;
  body?: Body;
  headers?: Record<string, string>;
  /** Of an answer that is no JSON: where it goes on, for the header `Link`. */
  next?: string;
  /** Addresses of the customers whom it is about, as they gave them: viewers see them masked within texts too. */
  known?: readonly string[];
}

/** A route as it is declared: router, validation, roles, the OpenAPI document and API Gateway's routes come from it. */
export interface RouteDeclaration {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `{id}` is one segment, `{id+}` may hold slashes. */
  path: string;
  role: Role | 'public';
  /** Where what is asked takes a higher role than the route: `reason` says what of it. */
  raised?: { role: Role; reason: string; when: (asked: Pick<Call, 'query' | 'body'>) => boolean };
  /** Unique; clients are generated from it. */
  operationId: string;
  summary: string;
  description?: string;
  /** Of success; 204 has no body. */
  status: 200 | 201 | 202 | 204;
  /** Of the path's parameters; those that are not named are texts of at most 255 characters. */
  params: Record<string, z.ZodType>;
  /** No other parameters are taken. */
  query?: z.ZodObject;
  body?: z.ZodType;
  response?: z.ZodType;
  /** 201 where what is sent was not there before. */
  creates?: boolean;
  /** Keeps `If-Match` and `If-None-Match`. */
  conditional?: boolean;
  /** A GET that answers an entity tag, and 304 to `If-None-Match`. */
  isRevised?: boolean;
  /** Of what is answered; absent: JSON. */
  media?: 'text/csv';
  /** POSTs that act take an `Idempotency-Key`. */
  mutates: boolean;
  /** Takes out of an answer what may be said once only; what a repeated key then gives. */
  redact?: (body: unknown) => unknown;
}

/** A route of a function that has `Deps`. */
export interface Route<Deps> extends RouteDeclaration {
  handle: (deps: Deps, call: Call) => Promise<Answer>;
}

interface Declared<
  Deps,
  Path extends string,
  Query extends z.ZodObject,
  Body extends z.ZodType,
  Response extends z.ZodType,
> extends Omit<
    RouteDeclaration,
    'path' | 'params' | 'query' | 'body' | 'response' | 'status' | 'mutates' | 'redact' | 'raised'
  > {
  path: Path;
  params?: Partial<Record<ParamNames<Path>, z.ZodType<string, string>>>;
  raised?: {
    role: Role;
    reason: string;
    when: (asked: { query: z.output<Query>; body: z.output<Body> }) => boolean;
  };
  status?: RouteDeclaration['status'];
  mutates?: boolean;
  query?: Query;
  body?: Body;
  response?: Response;
  redact?: (body: z.input<Response>) => z.input<Response>;
  handle: (
    deps: Deps,
    call: Call<ParamNames<Path>, z.output<Query>, z.output<Body>>,
  ) => Promise<Answer<z.input<Response>>>;
}

/** Declares routes of a function that has `Deps`; `handle` is typed by path and schemas. */
export const routeOf =
  <Deps>() =>
  <
    const Path extends string,
    Query extends z.ZodObject = z.ZodObject<Record<never, never>>,
    Body extends z.ZodType = z.ZodUnknown,
    Response extends z.ZodType = z.ZodUndefined,
  >(
    declared: Declared<Deps, Path, Query, Body, Response>,
  ): Route<Deps> => {
    const { status = 200, mutates = declared.method === 'POST', query, ...rest } = declared;
    const named: Record<string, z.ZodType | undefined> = declared.params ?? {};
    const params = Object.fromEntries(paramsIn(declared.path).map(({ name }) => [name, named[name] ?? TextIdSchema]));
    // The router hands `handle` exactly what path and schemas say.
    return { ...rest, params, status, mutates, ...(query && { query: query.strict() }) } as unknown as Route<Deps>;
  };
