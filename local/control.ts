import type { IncomingMessage, ServerResponse } from 'node:http';
import * as z from 'zod';
import { messageStore } from '../adapters/dynamo/messages.ts';
import { profileStore } from '../adapters/dynamo/profiles.ts';
import { ChannelSchema } from '../core/channels/registry.ts';
import { mapWithConcurrency } from '../core/map-with-concurrency.ts';
import { sourceName } from '../core/messages/source.ts';
import { DurationSchema, durationMs } from '../core/time/duration.ts';
import { parseInstant } from '../core/time/instant.ts';
import { DomainError, type ErrorCode, invalidAt } from '../engine/errors.ts';
import { findProfile } from '../engine/profiles/find-profile.ts';
import { parse } from '../runtime/http/validation.ts';
import { problemResponse } from '../runtime/problem.ts';
import { foreignness } from './callers.ts';
import { reportFeedback } from './feedback.ts';
import { answer, hand, readBody } from './http.ts';
import { FAULT_MODES, type OutboxItem, type ProviderAnswer } from './providers/outbox.ts';
import { receiveMessage } from './providers/webhook.ts';
import type { Cloud } from './running-cloud.ts';
import { HangingError, InterruptedError } from './time.ts';

const InstantSchema = z.string().refine((text) => parseInstant(text) !== undefined, 'must be an ISO 8601 instant');
const AdvanceSchema = z.union([z.strictObject({ by: DurationSchema }), z.strictObject({ to: InstantSchema })]);
const TokenSchema = z.strictObject({
  sub: z.string().min(1),
  roles: z.array(z.string()),
  validFor: DurationSchema.optional(),
});
const EnqueueSchema = z.strictObject({ queue: z.string(), body: z.string(), group: z.string().optional() });
const InvokeSchema = z.strictObject({ function: z.string(), event: z.record(z.string(), z.unknown()).default({}) });
const MappingSchema = z.strictObject({ function: z.string(), enabled: z.boolean() });
const FaultSchema = z.strictObject({
  provider: z.union([ChannelSchema, z.literal('s3')]),
  mode: z.enum(FAULT_MODES).optional(),
  times: z.int().min(0),
});

type Routes = Record<string, (body: unknown, query: URLSearchParams) => Promise<object>>;

/** `/_local/`: the clock, the outbox, providers' feedback and faults. `docs/local.md#control-calls`. */
export function controlPlane(cloud: Cloud) {
  const routes: Routes = {
    ...clockRoutes(cloud),
    ...providerRoutes(cloud),
    ...queueRoutes(cloud),
    'POST token': async (body) => {
      const { sub, roles, validFor } = parse(TokenSchema, body, 'body');
      const expiresAt = validFor === undefined ? undefined : cloud.clock.now() + durationMs(validFor);
      return { token: await cloud.issuer.token(sub, roles, expiresAt) };
    },
    /** Alarms on Cairn's own metrics. */
    'GET alarms': async () => ({ items: cloud.alarms.states() }),
    /** For the bench: invocations, entered states, and open executions. */
    'GET counts': async () => ({
      functions: cloud.lambdas.counts(),
      transitions: cloud.engine.transitions(),
      openExecutions: [...cloud.engine.executions()].filter(({ status }) => status === 'RUNNING').length,
      queues: cloud.queues.counts(),
    }),
  };
  const receive = receiver(cloud);
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://local');
    try {
      const foreign = foreignness(request.headers, Number(new URL(cloud.url).port || 80));
      if (foreign !== undefined) throw fault('forbidden', foreign);
      const call = url.pathname.slice('/_local/'.length);
      const text = (await readBody(request)).toString('utf8');
      if (call === 'receiver') return hand(response, await receive(request, text));
      const route = routes[`${request.method} ${call}`];
      if (route === undefined)
        throw fault('not-found', `There is no such call. There are: ${Object.keys(routes).join(', ')}.`);
      answer(
        response,
        200,
        (await route(text === '' ? {} : readJson(text), url.searchParams)) as Record<string, unknown>,
      );
    } catch (error) {
      problem(response, error);
    }
  };
}

function clockRoutes(cloud: Cloud): Routes {
  const { clock, time } = cloud;
  const now = () => ({ now: new Date(clock.now()).toISOString() });
  return {
    'GET now': async () => now(),
    'POST reset': async () => {
      await cloud.reset();
      return {};
    },
    'POST settle': async () => {
      await time.settle();
      return now();
    },
    'POST advance': async (body) => {
      if (!clock.isVirtual) throw fault('conflict', 'A real clock cannot be moved: start with --clock virtual.');
      const read = parse(AdvanceSchema, body, 'body');
      await time.advance(() => {
        const to = 'by' in read ? clock.now() + durationMs(read.by) : parseInstant(read.to);
        if (to === undefined) throw invalidAt('/to', 'must be an ISO 8601 instant');
        if (to < clock.now()) throw invalidAt('/to', `is in the past: it is ${now().now}`);
        return to;
      });
      cloud.keepClock();
      return now();
    },
  };
}

function providerRoutes(cloud: Cloud): Routes {
  const profiles = profileStore(cloud.tables.client, cloud.tables.named('profiles'));
  return {
    'GET outbox': async (_body, query) => {
      const [channel, asked] = [query.get('channel'), query.get('profileId')];
      const profileId = asked === null ? undefined : ((await findProfile({ profiles }, asked))?.id ?? asked);
      const handed = cloud.outbox.items.filter((item) => channel === null || item.channel === channel);
      const items = await mapWithConcurrency(50, handed, outboxCompleter(cloud));
      return { items: items.filter((item) => profileId === undefined || item.profileId === profileId) };
    },
    /** Lists the notices that functions published to the topic of alerts. */
    'GET notices': async () => ({ items: cloud.topics.notices() }),
    'POST feedback': async (body) => {
      await reportFeedback(cloud, body);
      return {};
    },
    'POST faults': async (body) => {
      const { provider, mode, times } = parse(FaultSchema, body, 'body');
      if (mode === undefined && times > 0) throw invalidAt('/mode', 'is required, unless times is 0');
      cloud.outbox.fault(provider, mode ?? 'error', times);
      return {};
    },
  };
}

function queueRoutes({ queues, pollers, lambdas }: Cloud): Routes {
  function arnOf(queue: string): string {
    const arn = queues.arnOf(queue);
    if (arn === undefined) throw fault('not-found', `There is no queue ${queue}.`);
    return arn;
  }

  return {
    /** Puts a raw message on a queue (`events`, `feedback`, `due` …) that no client can send, such as poison. */
    'POST enqueue': async (body) => {
      const { queue, body: raw, group } = parse(EnqueueSchema, body, 'body');
      await queues.put(arnOf(queue), raw, group);
      return {};
    },
    /** Disables or enables the event source mappings of a function: what is on its queues stays there. */
    'POST mapping': async (body) => {
      const { function: name, enabled } = parse(MappingSchema, body, 'body');
      if (!pollers.enable(name, enabled)) throw fault('not-found', `There is no mapping to ${name}.`);
      return {};
    },
    /** Invokes a function, as a schedule or another function does, and returns its answer. */
    'POST invoke': async (body) => {
      const { function: name, event } = parse(InvokeSchema, body, 'body');
      return { result: (await lambdas.invoke(name, event)) ?? null };
    },
    /** Dead letters and their causes: `cause` is present for a poison message, and absent if every delivery failed. */
    'GET dead-letters': async (_body, query) => {
      const queue = query.get('queue') ?? '';
      const lying = queues.messagesOn(arnOf(`${queue}-dlq`));
      return {
        items: lying.map(({ body, messageGroupId: group, messageAttributes: { cause } }) => ({
          queue,
          body,
          ...(group === undefined ? {} : { group }),
          ...(cause === undefined ? {} : { cause: cause.StringValue }),
        })),
      };
    },
  };
}

/** Takes messages alone: a `webhook` node may call it, too, and is answered. */
function receiver({ url, tables, outbox, clock }: Cloud) {
  const messages = messageStore(tables.client, tables.named('messages'));
  return async ({ url: path = '', headers }: IncomingMessage, text: string): Promise<ProviderAnswer> =>
    (await messages.get(String(headers['webhook-id']))) === undefined
      ? { status: 200, body: {} }
      : receiveMessage(outbox, { url: `${url}${path}`, headers, text }, new Date(clock.now()).toISOString());
}

/** Adds template, source and profile from the message's row. A report mail is no message: it has none. */
function outboxCompleter({ tables }: Cloud): (item: OutboxItem) => Promise<OutboxItem> {
  const messages = messageStore(tables.client, tables.named('messages'));
  const profiles = profileStore(tables.client, tables.named('profiles'));
  return async (item) => {
    const row = item.messageId === '' ? undefined : await messages.get(item.messageId);
    if (row === undefined) return item;
    const { source } = row;
    const home = await profiles.home(row.profile);
    return {
      ...item,
      profileId: home.profile?.identity.id,
      template: row.template.id,
      source: sourceName(source),
    };
  };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw fault('unreadable', 'The body is not JSON.');
  }
}

const fault = (code: ErrorCode, detail: string): DomainError => new DomainError({ code, detail });

function problem(response: ServerResponse, error: unknown): void {
  const known = faultOf(error);
  if (known === undefined) {
    answer(response, 500, { detail: error instanceof Error ? error.message : String(error) });
    return;
  }
  const { statusCode = 500, body = '', headers } = problemResponse(known);
  answer(response, statusCode, body, headers as Record<string, string>);
}

function faultOf(error: unknown): DomainError | undefined {
  if (error instanceof DomainError) return error;
  if (error instanceof HangingError)
    return fault('unavailable', `Still in flight, without progress: ${error.message}.`);
  return error instanceof InterruptedError ? fault('conflict', 'Everything was reset meanwhile.') : undefined;
}
