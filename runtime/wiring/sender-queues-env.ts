import * as z from 'zod';
import { CHANNELS, type Channel } from '../../core/channels/registry.ts';

type Variable<C extends Channel> = `SEND_${Uppercase<C>}_NOW_QUEUE_URL`;
/** URL of each sender's queue `now`. */
export type SenderQueuesEnv = Record<Variable<Channel>, string>;

const variableOf = <C extends Channel>(channel: C) =>
  `SEND_${channel.toUpperCase() as Uppercase<C>}_NOW_QUEUE_URL` as const; // what toUpperCase does

/** Variables of the functions that hand messages to senders. */
export const SENDER_QUEUES_SHAPE = Object.fromEntries(
  CHANNELS.map((channel) => [variableOf(channel), z.string()]),
) as Record<Variable<Channel>, z.ZodString>; // one for each channel

/** Each sender's variable with its value. */
export const senderQueuesEnv = (urlOf: (channel: Channel) => string): SenderQueuesEnv =>
  Object.fromEntries(CHANNELS.map((channel) => [variableOf(channel), urlOf(channel)])) as SenderQueuesEnv; // one for each channel

export const senderQueueUrl = (env: SenderQueuesEnv, channel: Channel): string => env[variableOf(channel)];
