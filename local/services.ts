import type { IncomingMessage, ServerResponse } from 'node:http';
import { isOwnCall, UNKNOWN_CALLER } from './callers.ts';
import { FunctionError } from './function-thread.ts';
import { answer, hand, readBody } from './http.ts';
import type { Lambdas } from './lambdas.ts';
import type { Outbox } from './providers/outbox.ts';
import { sendPush } from './providers/pinpoint.ts';
import { sendEmail } from './providers/ses.ts';
import { sendText } from './providers/sms.ts';
import type { statesApi } from './states/api.ts';
import type { Json } from './template.ts';

const AMZ_JSON = { 'content-type': 'application/x-amz-json-1.0' };

/** Serves only callers with this start's credentials. */
export function onlyOwn(
  accessKeyId: string,
  serve: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): typeof serve {
  return async (request, response) => {
    if (isOwnCall(request.headers, accessKeyId, request.socket.localPort ?? 0)) return serve(request, response);
    answer(response, 403, UNKNOWN_CALLER, AMZ_JSON);
  };
}

/**
 * AWS services with so few operations that they are served here, by their own wire protocols: Step Functions, SES, SMS, push, Lambda, Secrets
 * Manager.
 */
export function services(options: {
  outbox: Outbox;
  states: ReturnType<typeof statesApi>;
  lambdas: () => Lambdas;
  /** Secrets by the last part of their names. */
  secrets: Record<string, string>;
  now: () => number;
}) {
  const at = () => new Date(options.now()).toISOString();
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const text = (await readBody(request)).toString('utf8');
    const input = (text === '' ? {} : JSON.parse(text)) as Json;
    const target = String(request.headers['x-amz-target'] ?? '');
    const path = request.url ?? '';
    if (target.startsWith('AWSStepFunctions.')) {
      const said = options.states(target.slice('AWSStepFunctions.'.length), input);
      return answer(response, said.status, said.body, AMZ_JSON);
    }
    if (target.endsWith('.SendTextMessage')) return hand(response, sendText(options.outbox, input, at()), AMZ_JSON);
    if (target === 'secretsmanager.GetSecretValue') {
      const name = String(input.SecretId).split('/').at(-1) ?? '';
      return answer(response, 200, { ARN: input.SecretId, Name: name, SecretString: options.secrets[name] }, AMZ_JSON);
    }
    if (path === '/v2/email/outbound-emails') return hand(response, sendEmail(options.outbox, input, at()));
    if (/^\/v1\/apps\/[^/]+\/messages$/.test(path)) return hand(response, sendPush(options.outbox, input, at()));
    const invocation = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(path);
    if (invocation?.[1] !== undefined)
      return invoke(options.lambdas(), decodeURIComponent(invocation[1]), input, response);
    answer(response, 404, { message: `${target || path} is not served here` });
  };
}

async function invoke(lambdas: Lambdas, name: string, input: Json, response: ServerResponse): Promise<void> {
  try {
    answer(response, 200, JSON.stringify((await lambdas.invokeArn(name, input)) ?? null));
  } catch (error) {
    const [errorType, errorMessage] =
      error instanceof FunctionError ? [error.errorType, error.message] : ['Error', String(error)];
    answer(response, 200, { errorType, errorMessage }, { 'x-amz-function-error': 'Unhandled' });
  }
}
