import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { hashId } from '../../../core/ids.ts';
import { isDeeper, MOST_LEVELS } from '../../../core/json.ts';
import type { HttpEvent } from '../handlers/http-handler.ts';
import { ProblemError } from '../problem.ts';
import { auditOf } from './audit-entry.ts';
import type { HttpDeps } from './deps.ts';
import { atLeast, type Caller, callerOf } from './roles.ts';
import type { Answer, Call, Route, RouteDeclaration } from './route.ts';
import type { Router } from './router.ts';
import { invalidAt, parse } from './validation.ts';

/** Definitions lie in one item of 400 KB, deflated. */
const MOST_BYTES = 1024 * 1024;
const MOST_KEY_LENGTH = 255;

/** One request through routing, role, validation and idempotency to its answer. Problems are thrown. */
export async function handleRequest<Deps extends HttpDeps>(
  deps: Deps,
  routes: Router<Deps>,
  event: HttpEvent,
): Promise<APIGatewayProxyStructuredResultV2> {
  const method = event.requestContext.http.method;
  const found = routes.find(method, event.rawPath);
  if (found === undefined)
    throw new ProblemError({ type: 'not-found', detail: `There is no ${method} ${event.rawPath}.` });
  const { route, params } = found;
  const caller = await allowed(deps, route, params, callerOf(event, deps.rolesClaim));
  const sent = route.body ? bodyOf(event) : undefined;
  const call: Call = {
    params,
    caller,
    path: event.rawPath,
    headers: event.headers,
    query: route.query ? parse(route.query, event.queryStringParameters ?? {}, 'query') : undefined,
    body: route.body ? parse(route.body, sent, 'body') : undefined,
    sent,
  };
  const answer = await once(deps, route, call);
  return responseOf(route, answer);
}

async function allowed(
  deps: HttpDeps,
  route: RouteDeclaration,
  params: Record<string, string>,
  caller: Caller | undefined,
): Promise<Caller> {
  if (route.role === 'public') return caller ?? { sub: '' };
  if (caller === undefined) throw new ProblemError({ type: 'unauthenticated', detail: 'A bearer token is needed.' });
  if (atLeast(caller, route.role)) return caller;
  const detail = `This needs the role ${route.role}; yours is ${caller.role ?? 'none'}.`;
  if (route.method !== 'GET')
    await deps.audit.add(auditOf(route, { params, caller, now: deps.clock(), refused: detail }));
  throw new ProblemError({ type: 'forbidden', detail });
}

function bodyOf(event: HttpEvent): unknown {
  if (event.body === undefined || event.body === '') return undefined;
  const text = event.isBase64Encoded ? Buffer.from(event.body, 'base64').toString('utf8') : event.body;
  if (Buffer.byteLength(text) > MOST_BYTES)
    throw new ProblemError({ type: 'too-large', detail: `The body is over ${MOST_BYTES} bytes.` });
  const sent = readJson(text);
  if (isDeeper(sent, MOST_LEVELS)) throw invalidAt('', `is nested more than ${MOST_LEVELS} levels deep`);
  return sent;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ProblemError({ type: 'unreadable', detail: 'The body is not JSON.' });
  }
}

/** Acts once for each `Idempotency-Key` of the caller and path; a repeat gets the first answer. */
async function once<Deps extends HttpDeps>(deps: Deps, route: Route<Deps>, call: Call): Promise<Answer> {
  const key = route.acts ? call.headers['idempotency-key'] : undefined;
  if (key === undefined) return act(deps, route, call);
  if (key.length > MOST_KEY_LENGTH)
    throw invalidAt('/idempotency-key', `Idempotency-Key may have ${MOST_KEY_LENGTH} characters.`);
  const scope = [call.caller.sub, route.method, call.path, key];
  const begun = await deps.idempotency.begin<Answer>(scope, hashId(JSON.stringify(call.body ?? null)), deps.clock());
  if (begun.kind === 'answered') return begun.answer;
  if (begun.kind === 'mismatch') throw invalidAt('', 'This Idempotency-Key came with another body before.');
  if (begun.kind === 'running')
    throw new ProblemError({
      type: 'conflict',
      detail: 'The first request with this Idempotency-Key is still at work.',
    });
  try {
    const answer = await act(deps, route, call);
    await deps.idempotency.answer(scope, { ...answer, body: route.redact ? route.redact(answer.body) : answer.body });
    return answer;
  } catch (error) {
    await deps.idempotency.forget(scope);
    throw error;
  }
}

async function act<Deps extends HttpDeps>(deps: Deps, route: Route<Deps>, call: Call): Promise<Answer> {
  const changes = route.method !== 'GET' && (route.method !== 'POST' || route.acts);
  let answer: Answer;
  try {
    answer = await route.handle(deps, call);
  } catch (error) {
    const refused = error instanceof ProblemError && error.problem.type === 'forbidden' ? error.message : undefined;
    if (changes && refused !== undefined) await deps.audit.add(auditOf(route, { ...call, now: deps.clock(), refused }));
    throw error;
  }
  if (changes) await deps.audit.add(auditOf(route, { ...call, now: deps.clock(), answer }));
  return answer;
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
