import type * as z from 'zod';
import type { EpochMs } from '../../core/ids.ts';
import { builtOnce } from '../../core/lazy-schema.ts';
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
  /** The body before the schema added defaults. */
  sent: unknown;
  /** Nobody, on public routes. */
  caller: Caller;
  headers: Record<string, string | undefined>;
  /** The decoded path: cursors are bound to it. */
  path: string;
  /**
   * Identifies the work of the call, so that a repeat continues it: the same for every repeat under its `Idempotency-Key`, within the key's 24 hours.
   * Without a key it is unique.
   */
  intent: string;
  /** When this work was asked for first: the same for every repeat. */
  intendedAt: EpochMs;
}

export interface Answer<Body = unknown> {
  /** Absent: the route's `status`. 304 has no body. */
  status?: number;
  body?: Body;
  headers?: Record<string, string>;
  /** Only of an answer that is not JSON: URL of the next page, for the header `Link`. */
  next?: string;
  /** Addresses of the customers in the answer, as they gave them: viewers see them masked even within texts. */
  known?: readonly string[];
}

/** Declaration of a route: the router, validation, roles, the OpenAPI document and API Gateway's routes come from it. */
export interface RouteDeclaration {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `{id}` is one segment, `{id+}` may hold slashes. */
  path: string;
  role: Role | 'public';
  /** Only of a verb that names nothing (`/v1/pause`): the kind of what it changes. */
  actsOn?: string;
  /** If a request needs a higher role than the route: `reason` says for which part. */
  raised?: { role: Role; reason: string; when: (asked: Pick<Call, 'query' | 'body'>) => boolean };
  /** Unique; clients are generated from it. */
  operationId: string;
  summary: string;
  description?: string;
  /** Status of success; 204 has no body. */
  status: 200 | 201 | 202 | 204;
  /** Schemas of path parameters. A parameter without one is a text of at most 255 characters. */
  params: Record<string, z.ZodType>;
  /** No other parameters are accepted. */
  query?: z.ZodObject;
  body?: z.ZodType;
  response?: z.ZodType;
  /** Answers 201 if the item is new. */
  creates?: boolean;
  /** Supports `If-Match` and `If-None-Match`. */
  conditional?: boolean;
  /** A GET with an entity tag, which answers 304 to `If-None-Match`. */
  isRevised?: boolean;
  /** Media type of the answer; absent: JSON. */
  media?: 'text/csv';
  /** Writes the answer, as this caller may see it, as the CSV that `Accept: text/csv` asks for. */
  csv?: (body: unknown) => string;
  /** POSTs that change something accept an `Idempotency-Key`. */
  mutates: boolean;
  /** Removes data from the answer that is returned only once; a repeat under the same key gets the rest. */
  redact?: (body: unknown) => unknown;
}

/** A route of a function that has `Deps`. */
export interface Route<Deps> extends RouteDeclaration {
  handle: (deps: Deps, call: Call) => Promise<Answer>;
}

/** A schema, or what builds it at the first request of its route. */
type Built<Schema> = Schema | (() => Schema);
const lazily = <Schema extends z.ZodType>(schema: Built<Schema> | undefined): (() => Schema | undefined) =>
  typeof schema === 'function' ? builtOnce(schema) : () => schema;

interface Declared<
  Deps,
  Path extends string,
  Query extends z.ZodObject,
  Body extends z.ZodType,
  Response extends z.ZodType,
> extends Omit<
    RouteDeclaration,
    'path' | 'params' | 'query' | 'body' | 'response' | 'status' | 'mutates' | 'redact' | 'raised' | 'csv'
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
  query?: Built<Query>;
  body?: Built<Body>;
  response?: Built<Response>;
  redact?: (body: z.input<Response>) => z.input<Response>;
  csv?: (body: z.input<Response>) => string;
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
    const { status = 200, mutates = declared.method === 'POST', ...rest } = declared;
    const named: Record<string, z.ZodType | undefined> = declared.params ?? {};
    const params = Object.fromEntries(paramsIn(declared.path).map(({ name }) => [name, named[name] ?? TextIdSchema]));
    const [body, response] = [lazily(declared.body), lazily(declared.response)];
    const declaredQuery = lazily(declared.query);
    const query = builtOnce(() => declaredQuery()?.strict());
    // The router passes `handle` exactly what path and schemas describe.
    return {
      ...rest,
      params,
      status,
      mutates,
      get query() {
        return query();
      },
      get body() {
        return body();
      },
      get response() {
        return response();
      },
    } as unknown as Route<Deps>;
  };
