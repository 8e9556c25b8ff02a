import * as z from 'zod';
import { DefinitionIdSchema } from '../../../core/definition-id.ts';
import { messageIdOfCall } from '../../../core/ids.ts';
import { firstSender } from '../../../core/messages/first-sender.ts';
import { isMissed, type Message, mayHaveArrived } from '../../../core/messages/message.ts';
import type { SendRequest } from '../../../core/messages/send-request.ts';
import { channelsOf } from '../../../core/templates/channels.ts';
import { DomainError, invalidAt } from '../../../engine/errors.ts';
import { reopenMessage } from '../../../engine/messages/reopen-message.ts';
import { profileOfKey, requireProfile } from '../../../engine/profiles/find-profile.ts';
import { pageOf } from '../../../runtime/http/cursor.ts';
import { knownAddresses } from '../../../runtime/http/known-addresses.ts';
import { TextIdSchema } from '../../../runtime/http/params.ts';
import { requireQueueable } from '../../../runtime/http/queueable.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { listMessages, MessagesQuerySchema, OwnMessagesQuerySchema } from './list-messages.ts';
import { MessageSchema, messageView } from './message-view.ts';
import { MORE_MERGED } from './more-merged.ts';
import { newestTemplate } from './newest-template.ts';
import { route } from './route.ts';

async function requireMessage(deps: Deps, id: string) {
  const message = await deps.messages.get(id);
  if (message === undefined) throw new DomainError({ code: 'not-found', detail: `There is no message ${id}.` });
  return message;
}

/** @throws DomainError if the message has arrived, or may have and nobody takes the risk */
function requireResendable(message: Message, isRiskTaken: boolean): void {
  if (!isMissed(message))
    throw new DomainError({
      code: 'conflict',
      detail: 'Only a message that failed, was suppressed, bounced or is still unknown can be sent again.',
    });
  if (mayHaveArrived(message) && !isRiskTaken)
    throw new DomainError({
      code: 'conflict',
      detail:
        'It is unknown whether the provider has this message, so the customer may get it twice. To send it all the same: {"risk": "may-double"}.',
    });
}

export const messageRoutes: Route<Deps>[] = [
  route({
    method: 'GET',
    path: '/v1/messages',
    role: 'viewer',
    operationId: 'listMessages',
    summary: 'List messages',
    description:
      'Those of one profile or source, else (within 30 days, without `from`) of a status, template or reason; newest first.',
    query: () => MessagesQuerySchema.unwrap(),
    response: () => pageOf(MessageSchema).extend({ more: MORE_MERGED }),
    handle: async (deps, { query, path }) => listMessages(deps, path, query),
  }),
  route({
    method: 'GET',
    path: '/v1/profiles/{id+}/messages',
    role: 'viewer',
    operationId: 'listMessagesOfProfile',
    summary: 'List the messages of a profile',
    description: 'Newest first.',
    query: () => OwnMessagesQuerySchema.unwrap(),
    response: () => pageOf(MessageSchema).extend({ more: MORE_MERGED }),
    handle: async (deps, { params, query, path }) => listMessages(deps, path, { ...query, profileId: params.id }),
  }),
  route({
    method: 'GET',
    path: '/v1/messages/{id}',
    role: 'viewer',
    operationId: 'getMessage',
    summary: 'Get a message',
    description: 'With its history.',
    response: MessageSchema,
    handle: async (deps, { params }) => {
      const message = await requireMessage(deps, params.id);
      const { id, profile } = await profileOfKey(deps, message.profile);
      return { body: messageView(message, id), known: knownAddresses(profile) };
    },
  }),
  route({
    method: 'POST',
    path: '/v1/messages',
    role: 'marketer',
    operationId: 'sendMessage',
    summary: 'Send a transactional message',
    body: () =>
      z.strictObject({
        profileId: TextIdSchema,
        template: DefinitionIdSchema,
        data: z.record(z.string(), z.unknown()).optional(),
      }),
    status: 202,
    response: () => z.object({ id: z.string() }),
    handle: async (deps, { body, caller, intent, intendedAt }) => {
      const { home, key } = await requireProfile(deps, body.profileId);
      const template = await newestTemplate(deps, body.template, '/template');
      if (template.definition.class !== 'transactional')
        throw invalidAt('/template', 'only a transactional template can be sent by itself');
      const id = messageIdOfCall(key, intendedAt, intent);
      const request: SendRequest = {
        message: id,
        profile: home.key,
        template: { id: body.template, version: template.version },
        source: { kind: 'api', id: caller.sub },
        at: intendedAt,
        data: body.data,
      };
      requireQueueable(request, '/data');
      const channel = firstSender(request, channelsOf(template.definition)[0]);
      await deps.queues.send[channel].send([{ body: request }]);
      return { body: { id } };
    },
  }),
  route({
    method: 'POST',
    path: '/v1/messages/{id}/resend',
    role: 'marketer',
    operationId: 'resendMessage',
    summary: 'Send a message again',
    description:
      'One that failed, bounced, was suppressed or is unknown. It passes the gate again. One that is unknown may have arrived: it takes `risk`.',
    body: () => z.strictObject({ risk: z.literal('may-double').optional() }).prefault({}),
    status: 202,
    response: () => z.object({ id: z.string() }),
    handle: async (deps, { params, body, intent }) => {
      const message = await requireMessage(deps, params.id);
      if (!message.resends.includes(intent)) requireResendable(message, body.risk !== undefined);
      const {
        passed,
        refuse: _refuse,
        attempt: _attempt,
        firstTryAt: _first,
        throttled: _throttled,
        validUntil: _valid,
        ...rest
      } = message.request;
      // An address that another recipient of the occurrence has stays theirs.
      const taken = passed?.filter(({ reason }) => reason === 'duplicate') ?? [];
      const request: SendRequest = { ...rest, ...(taken.length === 0 ? {} : { passed: taken }) };
      const channel = firstSender(request, message.channel);
      // The message with the intent is queued first: if this call breaks off after it, the sender reopens the row. Both do so once for each intent.
      await deps.queues.send[channel].send([{ body: { ...request, resend: intent } satisfies SendRequest }]);
      await reopenMessage(deps, request, intent);
      return { body: { id: message.id } };
    },
  }),
];
