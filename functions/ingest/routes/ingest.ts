import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { CALL_OF_PATH } from '../../../core/events/calls.ts';
import { DomainError } from '../../../engine/errors.ts';
import { type AcceptDeps, acceptEvents } from '../../../engine/ingest/accept-events.ts';
import { type CountRefusalsDeps, countRefusals } from '../../../engine/ingest/count-refusals.ts';
import type { HttpEvent } from '../../../runtime/handlers/http-handler.ts';
import { problemResponse } from '../../../runtime/problem.ts';
import { readBody } from './read-body.ts';
import { sourceSettings } from './source-settings.ts';

export interface IngestDeps extends AcceptDeps, CountRefusalsDeps {
  /** Origin at which clients reach Cairn. */
  publicUrl: string;
}

/**
 * Handles a request of a Segment client: an event or a batch, or a read of the source's settings. A problem has Segment's members beside those of RFC
 * 9457, because analytics-python 1.4 takes an answer without them for a network failure.
 */
export async function ingest(deps: IngestDeps, event: HttpEvent): Promise<APIGatewayProxyStructuredResultV2> {
  try {
    return await answerClient(deps, event);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return problemResponse(error, { code: error.fault.code, message: error.message });
  }
}

async function answerClient(deps: IngestDeps, event: HttpEvent): Promise<APIGatewayProxyStructuredResultV2> {
  const writeKey = event.pathParameters?.writeKey;
  if (writeKey === undefined) return takeEvents(deps, event);
  if ((event.pathParameters?.proxy ?? '') !== '')
    throw new DomainError({ code: 'not-found', detail: 'There is no such call.' });
  if ((await deps.keys.find(writeKey)) === undefined)
    throw new DomainError({ code: 'not-found', detail: 'There is no such write key.' });
  return sourceSettings(writeKey, deps.publicUrl);
}

/** Answers 200 with the verdict on each item. Segment answers 200, and many clients accept no other status as success. */
async function takeEvents(deps: IngestDeps, event: HttpEvent): Promise<APIGatewayProxyStructuredResultV2> {
  const arrived = { receivedAt: deps.clock(), sequence: deps.sequence() };
  const call = CALL_OF_PATH.get(/\/v1\/([^/]*)\/?$/.exec(event.rawPath)?.[1] ?? '');
  if (call === undefined) throw new DomainError({ code: 'not-found', detail: 'There is no such call.' });
  const verdict = await countRefusals(deps, arrived.receivedAt, async (counts) => {
    const body = readBody(event);
    return acceptEvents(deps, { call, body, writeKey: writeKeyOf(event, body), ...arrived }, counts);
  });
  return {
    statusCode: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ success: true, ...verdict }),
  };
}

/** Returns the user name of Basic authentication, or `writeKey` in the body. */
function writeKeyOf(event: HttpEvent, body: unknown): string | undefined {
  const header = event.headers.authorization;
  if (header !== undefined && /^basic /i.test(header)) {
    const [user] = Buffer.from(header.slice('basic '.length), 'base64').toString('utf8').split(':');
    if (user !== undefined && user !== '') return user;
  }
  const inBody: unknown = typeof body === 'object' && body !== null && 'writeKey' in body ? body.writeKey : undefined;
  return typeof inBody === 'string' ? inBody : undefined;
}
