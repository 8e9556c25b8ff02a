import { type Answer, readHeaders } from '../../core/http/receiver.ts';
import { redacted } from '../../core/http/redacted.ts';
import { PROVIDER_REFUSED } from '../../core/metrics/log-lines.ts';
import type { SecretStore } from '../../engine/definitions/ports.ts';
import type { Outcome, Provider } from '../../engine/messages/ports.ts';
import type { Log } from '../../engine/ports.ts';
import { RequestError, type SignedRequestOptions, signedRequests } from './signed-requests.ts';

/** Sends messages of the channel `webhook` to the receiver that the settings name, under the message's id as `webhook-id`. */
export function webhookChannel(options: {
  requests: SignedRequestOptions;
  secrets: Pick<SecretStore, 'value'>;
  log: Pick<Log, 'error'>;
}): Provider {
  const request = signedRequests(options.requests);

  return {
    name: 'webhook',
    channel: 'webhook',
    async send({ message, target, content }) {
      if (content.channel !== 'webhook' || target.channel !== 'webhook') throw new Error('not a webhook');
      const { url, method } = target;
      let secrets: readonly string[] = [];
      try {
        const read = await readHeaders(target.headers, (id) => options.secrets.value(id));
        if ('gone' in read) return refused(`the secret of the header ${read.gone} is gone`, 'secret gone');
        ({ secrets } = read);
        return outcomeOf(
          message,
          await request({ id: message, url, method, headers: read.values, body: content.body }),
          secrets,
        );
      } catch (error) {
        return error instanceof RequestError ? brokenOff(message, error) : unready(error);
      }
    },
  };

  /** Only the fault is logged: an answer may contain an address. */
  function refused(detail: string, fault: string): Outcome {
    options.log.error(PROVIDER_REFUSED, { fault });
    return { kind: 'permanent', detail };
  }

  function outcomeOf(message: string, { status, body }: Answer, secrets: readonly string[] = []): Outcome {
    // A receiver names no message of its own.
    if (status >= 200 && status < 300) return { kind: 'sent', providerId: message };
    const said = body === undefined ? '' : textOf(redacted(body, secrets));
    const detail = `status ${status}${said === '' ? '' : `: ${said}`}`.slice(0, MAX_DETAIL).toWellFormed();
    if (status === 429) return { kind: 'throttled', detail };
    // 408: the receiver has not got the whole request.
    if (status >= 400 && status < 500 && status !== 408) return refused(detail, `status ${status}`);
    return { kind: 'temporary', detail };
  }

  function brokenOff(message: string, { message: detail, reach, status }: RequestError): Outcome {
    if (status !== undefined) return outcomeOf(message, { status });
    if (reach === 'refused') return refused(detail, 'not allowed');
    return { kind: reach === 'sent' ? 'unknown' : 'temporary', detail };
  }
}

const MAX_DETAIL = 500;
const textOf = (body: unknown): string => (typeof body === 'string' ? body : JSON.stringify(body));

/** A secret could not be read: nothing has been sent. */
const unready = (error: unknown): Outcome => ({
  kind: 'temporary',
  detail: error instanceof Error ? `${error.name}: ${error.message}`.slice(0, MAX_DETAIL) : String(error),
});
