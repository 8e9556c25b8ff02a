import * as z from 'zod';
import { CHANNELS, type Channel } from '../../core/channels/registry.ts';
import { PRIORITIES, type Priority } from '../../core/messages/send-request.ts';

type Variable<C extends Channel, L extends Priority> = `SEND_${Uppercase<C>}_${Uppercase<L>}_QUEUE_URL`;
/** URL of each sender's queues. */
export type SenderQueuesEnv = Record<Variable<Channel, Priority>, string>;

const variableOf = <C extends Channel, L extends Priority>(channel: C, priority: L) =>
  `SEND_${channel.toUpperCase() as Uppercase<C>}_${priority.toUpperCase() as Uppercase<L>}_QUEUE_URL` as const; // what toUpperCase does

const QUEUES = CHANNELS.flatMap((channel) => PRIORITIES.map((priority) => [channel, priority] as const));

/** Variables of the functions that hand messages to senders. */
export const SENDER_QUEUES_SHAPE = Object.fromEntries(
  QUEUES.map(([channel, priority]) => [variableOf(channel, priority), z.string()]),
) as Record<Variable<Channel, Priority>, z.ZodString>; // one for each queue

/** Each sender's variables with their values. */
export const senderQueuesEnv = (urlOf: (channel: Channel, priority: Priority) => string): SenderQueuesEnv =>
  Object.fromEntries(
    QUEUES.map(([channel, priority]) => [variableOf(channel, priority), urlOf(channel, priority)]),
  ) as SenderQueuesEnv; // one for each queue

export const senderQueueUrl = (env: SenderQueuesEnv, channel: Channel, priority: Priority): string =>
  env[variableOf(channel, priority)];
