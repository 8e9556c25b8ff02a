import type * as z from 'zod';
import { SendRequestSchema } from '../../core/messages/send-request.ts';
import type { Provider } from '../../engine/messages/ports.ts';
import { sendMessage } from '../../engine/messages/send-message.ts';
import { senderDeps } from '../wiring/sending.ts';
import type { SenderEnvSchema } from '../wiring/sending-env.ts';
import { queueHandler } from './queue-handler.ts';

/** Handler of a channel's sender: sends messages by this provider. */
export const senderHandler = <Env extends typeof SenderEnvSchema>(
  env: Env,
  providerOf: (variables: z.infer<Env>) => Provider,
) =>
  queueHandler({
    env,
    body: SendRequestSchema,
    build: (variables) => senderDeps(variables, providerOf(variables)),
    handle: sendMessage,
  });
