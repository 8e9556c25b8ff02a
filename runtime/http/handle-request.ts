import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { AuditOutcome } from '../../adapters/dynamo/audit.ts';
import { newOperation } from '../../adapters/dynamo/conditional-write.ts';
import { isIdField } from '../../core/events/client-id.ts';
import { hashId } from '../../core/ids.ts';
import { isDeeper, MAX_LEVELS, parseExactly, unstorablePart } from '../../core/json.ts';
import { pointer } from '../../core/json-pointer.ts';
import { DomainError, invalid, invalidAt } from '../../engine/errors.ts';
import type { HttpEvent } from '../handlers/http-handler.ts';
import { statusOf } from '../problem.ts';
import { auditOf, madeOf } from './audit-entry.ts';
import { wrongCursor } from './cursor.ts';
import type { HttpDeps } from './dependencies.ts';
import { knownValues } from './known-values.ts';
import { maskedBody, maskedText } from './mask.ts';
import { atLeast, type Caller, callerOf } from './roles.ts';
import type { Answer, Call, Route, RouteDeclaration } from './route.ts';
import type { Router } from './router.ts';
import { parse } from './validation.ts';

/** A definition is stored compressed in one item of 400 KB. */
const MAX_BYTES = 1024 * 1024;
const MAX_KEY_LENGTH = 255;

/** Handles one request: routing, role, validation, idempotency, answer. Throws refusals. */
export async function handleRequest<Deps extends HttpDeps>(
  deps: Deps,
  routes: Router<Deps>,
  event: HttpEvent,
): Promise<APIGatewayProxyStructuredResultV2> {
  const method = event.requestContext.http.method;
  const found = routes.find(method, event.rawPath);
  if (found === undefined) {
    const detail = `There is no ${method} of this path. GET /v1/openapi.json lists all calls.`;
    throw new DomainError({ code: 'not-found', detail });
  }
  const { route, params } = found;
  const caller = callerOf(event, deps.rolesClaim);
  const isMasked = route.role !== 'public' && (caller === undefined || !atLeast(caller, 'marketer'));
  try {
    const answer = await answerOf(deps, route, params, event, caller);
    const body = isMasked ? maskedAnswer(route, answer) : answer.body;
    const shown = await withSignedNext(deps, route, event.rawPath, { ...answer, body });
    return responseOf(route, acceptsCsv(event) ? csvOf(route, shown) : shown);
  } catch (error) {
    throw isMasked && error instanceof DomainError ? maskedFault(error) : error;
  }
}

async function answerOf<Deps extends HttpDeps>(
  deps: Deps,
  route: Route<Deps>,
  params: Record<string, string>,
  event: HttpEvent,
  known: Caller | undefined,
): Promise<Answer> {
  const caller = await allowed(deps, route, params, known);
  requireParams(route, params);
  const query = await queryOf(deps, route, event.queryStringParameters ?? {});
  const sent = route.body ? bodyOf(event) : undefined;
  const body = route.body ? parse(route.body, sent, 'body') : undefined;
  const { raised } = route;
  if (raised?.when({ query, body }))
    await allowed(deps, { ...route, role: raised.role }, params, caller, raised.reason);
  const { rawPath: path, headers } = event;
  const asked = { intent: newOperation(), intendedAt: deps.clock() };
  return once(deps, route, { params, caller, path, ...asked, headers, query, body, sent });
}

/** `what`: the part of the request that needs the role; absent: all of it. */
async function allowed(
  deps: HttpDeps,
  route: RouteDeclaration,
  params: Record<string, string>,
  caller: Caller | undefined,
  what = 'This',
): Promise<Caller> {
  if (route.role === 'public') return caller ?? { sub: '' };
  if (caller === undefined) throw new DomainError({ code: 'unauthenticated', detail: 'A bearer token is needed.' });
  if (atLeast(caller, route.role)) return caller;
  const refused = `${what} needs the role ${route.role}; yours is ${caller.role ?? 'none'}.`;
  const error = new DomainError({ code: 'forbidden', detail: refused });
  if (route.method !== 'GET') {
    const entry = auditOf(route, { params, caller, now: deps.clock() });
    await deps.audit.add({ ...entry, outcome: 'refused', status: statusOf(error), refused });
  }
  throw error;
}

/** An id that is not valid names nothing: 404, unless something would be created under it. */
function requireParams(route: RouteDeclaration, params: Record<string, string>): void {
  for (const [name, schema] of Object.entries(route.params)) {
    if (schema.safeParse(params[name]).success) continue;
    if (route.creates) parse(schema, params[name], name, `/${name}`);
    throw new DomainError({ code: 'not-found', detail: `Nothing has such an id (${name}).` });
  }
}

async function queryOf(deps: HttpDeps, route: RouteDeclaration, sent: Record<string, string | undefined>) {
  const known = Object.keys(route.query?.shape ?? {});
  const unknown = Object.keys(sent).filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    const message = `unknown parameter. There are: ${known.length === 0 ? 'none' : known.join(', ')}`;
    const errors = unknown.map((name) => ({ path: pointer(['query', name]), message }));
    throw invalid('The query is not valid.', errors);
  }
  if (route.query === undefined) return undefined;
  const cursor = sent.cursor === undefined ? undefined : await cursorsOf(deps).open(sent.cursor);
  if (sent.cursor !== undefined && cursor === undefined) throw wrongCursor();
  return parse(route.query, cursor === undefined ? sent : { ...sent, cursor }, 'query', '/query');
}

function cursorsOf({ cursors }: HttpDeps) {
  if (cursors === undefined) throw new Error('this function has a list, and nothing to sign its cursors by');
  return cursors;
}

/** Signs all cursors for clients: `next` of a list, and `Link` of a response that is not JSON. */
async function withSignedNext(deps: HttpDeps, route: RouteDeclaration, path: string, answer: Answer): Promise<Answer> {
  if (route.query?.shape.cursor === undefined) return answer;
  const { next, ...rest } = answer;
  if (next !== undefined) {
    const link = `<${encodeURI(path)}?cursor=${await cursorsOf(deps).sign(next)}>; rel="next"`;
    return { ...rest, headers: { ...rest.headers, link } };
  }
  const { body } = answer;
  if (body === null || typeof body !== 'object' || !('next' in body) || typeof body.next !== 'string') return answer;
  return { ...answer, body: { ...body, next: await cursorsOf(deps).sign(body.next) } };
}

const acceptsCsv = ({ headers }: HttpEvent): boolean => /\btext\/csv\b/i.test(headers.accept ?? '');

/** The answer as CSV, of a route that has one. */
function csvOf({ csv }: RouteDeclaration, answer: Answer): Answer {
  if (csv === undefined || answer.body === undefined || typeof answer.body === 'string') return answer;
  const headers = { 'content-type': 'text/csv; charset=utf-8', 'cache-control': 'no-store', ...answer.headers };
  return { ...answer, headers, body: csv(answer.body) };
}

function maskedAnswer(route: RouteDeclaration, { body, known = [] }: Answer): unknown {
  if (body === undefined) return undefined;
  if (typeof body === 'string') return maskedText(body, knownValues(known));
  const shown = maskedBody(body, route.response, known);
  // A cursor is opaque, and must lead to the next page.
  const isPage = route.query?.shape.cursor !== undefined && typeof body === 'object' && body !== null && 'next' in body;
  return isPage ? { ...(shown as object), next: body.next } : shown;
}

function maskedFault({ fault }: DomainError): DomainError {
  const { detail, errors } = fault;
  return new DomainError({
    ...fault,
    detail: maskedText(detail),
    ...(errors && {
      errors: errors.map(({ path, message }) => ({ path: maskedText(path), message: maskedText(message) })),
    }),
  });
}

function bodyOf(event: HttpEvent): unknown {
  if (event.body === undefined || event.body === '') return undefined;
  const text = event.isBase64Encoded ? Buffer.from(event.body, 'base64').toString('utf8') : event.body;
  if (Buffer.byteLength(text) > MAX_BYTES)
    throw new DomainError({ code: 'too-large', detail: `The body is over ${MAX_BYTES} bytes.` });
  const sent = readJson(text);
  if (isDeeper(sent, MAX_LEVELS)) throw invalidAt('', `is nested more than ${MAX_LEVELS} levels deep`);
  const unkept = unstorablePart(sent);
  if (unkept !== undefined) throw invalidAt(unkept.path, unkept.message);
  return sent;
}

function readJson(text: string): unknown {
  try {
    return parseExactly(text, isIdField);
  } catch {
    throw new DomainError({ code: 'unreadable', detail: 'The body is not JSON.' });
  }
}

/** Acts once for each `Idempotency-Key` of the caller and path; a repeat gets the first answer. */
async function once<Deps extends HttpDeps>(deps: Deps, route: Route<Deps>, call: Call): Promise<Answer> {
  const key = route.mutates ? call.headers['idempotency-key'] : undefined;
  if (key === undefined) return act(deps, route, call);
  if (key === '' || key.length > MAX_KEY_LENGTH)
    throw invalidAt('/idempotency-key', `Idempotency-Key has 1 to ${MAX_KEY_LENGTH} characters.`);
  const scope = [call.caller.sub, route.method, call.path, key];
  const begun = await deps.idempotency.begin<Answer>(scope, hashId(JSON.stringify(call.body ?? null)), deps.clock());
  if (begun.kind === 'answered') return begun.answer;
  if (begun.kind === 'mismatch') throw invalidAt('', 'This Idempotency-Key came with another body before.');
  if (begun.kind === 'running')
    throw new DomainError({
      code: 'conflict',
      detail: 'The first request with this Idempotency-Key is still at work.',
    });
  const { claim } = begun;
  try {
    const { since } = claim;
    const answer = await act(deps, route, { ...call, intent: hashId(...scope, String(since)), intendedAt: since });
    const kept = { ...answer, body: route.redact ? route.redact(answer.body) : answer.body };
    await deps.idempotency.answer(scope, claim, kept);
    return answer;
  } catch (error) {
    // If an earlier try has begun the work, its claim is kept, so that the next try goes on with the same intent.
    const isRefused = error instanceof DomainError && !claim.isRepeat;
    await (isRefused ? deps.idempotency.forget(scope, claim) : deps.idempotency.release(scope, claim));
    throw error;
  }
}

/** A call that changes something is in the audit log before it acts; its outcome is added after. */
async function act<Deps extends HttpDeps>(deps: Deps, route: Route<Deps>, call: Call): Promise<Answer> {
  if (route.method === 'GET' || (route.method === 'POST' && !route.mutates)) return route.handle(deps, call);
  const entry = auditOf(route, { ...call, now: deps.clock() });
  const place = await deps.audit.add(entry);
  const settle = (outcome: AuditOutcome) =>
    deps.audit.settle(place, outcome).catch((error: unknown) => {
      // The entry stays without its outcome. The work is done, so the caller gets its answer.
      deps.log.error('an audit entry has no outcome', { action: entry.action, error: error as Error });
    });
  try {
    const answer = await route.handle(deps, call);
    await settle({ outcome: 'done', status: answer.status ?? route.status, ...madeOf(entry, answer) });
    return answer;
  } catch (error) {
    await settle(outcomeOf(error));
    throw error;
  }
}

function outcomeOf(error: unknown): AuditOutcome {
  if (!(error instanceof DomainError)) return { outcome: 'failed', status: 500 };
  const status = statusOf(error);
  const isForbidden = error.fault.code === 'forbidden';
  return {
    outcome: status < 500 ? 'refused' : 'failed',
    status,
    ...(isForbidden ? { refused: error.message.slice(0, 2_000) } : {}),
  };
}

function responseOf(route: RouteDeclaration, answer: Answer): APIGatewayProxyStructuredResultV2 {
  const statusCode = answer.status ?? route.status;
  if (answer.body === undefined) return { statusCode, headers: answer.headers };
  if (typeof answer.body === 'string') return { statusCode, headers: answer.headers, body: answer.body };
  return {
    statusCode,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...answer.headers },
    body: JSON.stringify(answer.body),
  };
}
