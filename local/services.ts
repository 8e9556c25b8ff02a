import type { IncomingMessage, ServerResponse } from 'node:http';
import { isOwnCall, UNKNOWN_CALLER } from './callers.ts';
import { FunctionError } from './function-thread.ts';
import { answer, hand, readBody } from './http.ts';
import type { Lambdas } from './lambdas.ts';
import type { Outbox, ProviderAnswer, ServiceRequest } from './providers/outbox.ts';
import { providerOf } from './providers/registry.ts';
import type { statesApi } from './states/api.ts';
import type { Json } from './template.ts';
import type { Topics } from './topics.ts';

const AMZ_JSON = { 'content-type': 'application/x-amz-json-1.0' };

/** A request by AWS's query protocol. */
const FORM = 'Action=';

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

export type Serve = (request: ServiceRequest) => Promise<ProviderAnswer>;

/** Serves requests that come by HTTP. */
export const byHttp =
  (serve: Serve) =>
  async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const text = (await readBody(request)).toString('utf8');
    const target = String(request.headers['x-amz-target'] ?? '');
    hand(response, await serve({ target, path: request.url ?? '', text }));
  };

/**
 * AWS services with so few operations that they are served here, by their own wire protocols: Step Functions, Lambda, Secrets Manager, SNS, and those
 * that send messages.
 */
export function services(options: {
  outbox: Outbox;
  states: ReturnType<typeof statesApi>;
  lambdas: () => Lambdas;
  /** Secrets by the last part of their names. */
  secrets: Record<string, string>;
  topics: Topics;
  now: () => number;
}): Serve {
  const at = () => new Date(options.now()).toISOString();
  return async ({ target, path, text }) => {
    if (text.startsWith(FORM)) return publish(options.topics, new URLSearchParams(text), at());
    const input = (text === '' ? {} : JSON.parse(text)) as Json;
    if (target.startsWith('AWSStepFunctions.'))
      return amzJson(options.states(target.slice('AWSStepFunctions.'.length), input));
    if (target === 'secretsmanager.GetSecretValue') {
      const name = String(input.SecretId).split('/').at(-1) ?? '';
      const body = { ARN: input.SecretId, Name: name, SecretString: options.secrets[name] };
      return amzJson({ status: 200, body });
    }
    const said = providerOf({ target, path })?.send(options.outbox, input, at());
    if (said !== undefined) return target === '' ? said : amzJson(said);
    const invocation = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(path);
    if (invocation?.[1] !== undefined) return invoke(options.lambdas(), decodeURIComponent(invocation[1]), input);
    return { status: 404, body: { message: `${target || path} is not served here` } };
  };
}

const amzJson = (said: ProviderAnswer): ProviderAnswer =>
  typeof said === 'string' ? said : { ...said, headers: { ...AMZ_JSON, ...said.headers } };

/** SNS speaks AWS's query protocol. */
function publish(topics: Topics, form: URLSearchParams, at: string): ProviderAnswer {
  const { Action: action, TopicArn: arn = '', Subject: subject, Message: message = '' } = Object.fromEntries(form);
  const xml = (status: number, body: string) => ({ status, body, headers: { 'content-type': 'text/xml' } });
  if (action !== 'Publish') return xml(404, errorXml('InvalidAction', `${action} is not served here`));
  if (!topics.has(arn)) return xml(404, errorXml('NotFound', 'Topic does not exist'));
  return xml(200, publishedXml(topics.publish({ arn, subject, message }, at).id));
}

const publishedXml = (id: string): string =>
  `<PublishResponse><PublishResult><MessageId>${id}</MessageId></PublishResult></PublishResponse>`;
const errorXml = (code: string, message: string): string =>
  `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`;

async function invoke(lambdas: Lambdas, name: string, input: Json): Promise<ProviderAnswer> {
  try {
    return { status: 200, body: JSON.stringify((await lambdas.invokeArn(name, input)) ?? null) };
  } catch (error) {
    const [errorType, errorMessage] =
      error instanceof FunctionError ? [error.errorType, error.message] : ['Error', String(error)];
    return { status: 200, body: { errorType, errorMessage }, headers: { 'x-amz-function-error': 'Unhandled' } };
  }
}
