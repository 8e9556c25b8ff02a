import * as z from 'zod';
import { CHANNELS, type Channel } from '../../core/channels/registry.ts';
import { LANES, type Lane } from '../../core/messages/send-request.ts';

type Variable<C extends Channel, L extends Lane> = `SEND_${Uppercase<C>}_${Uppercase<L>}_QUEUE_URL`;
/** URL of each sender's queues. */
export type SenderQueuesEnv = Record<Variable<Channel, Lane>, string>;

const variableOf = <C extends Channel, L extends Lane>(channel: C, lane: L) =>
  `SEND_${channel.toUpperCase() as Uppercase<C>}_${lane.toUpperCase() as Uppercase<L>}_QUEUE_URL` as const; // what toUpperCase does

const QUEUES = CHANNELS.flatMap((channel) => LANES.map((lane) => [channel, lane] as const));

/** Variables of the functions that hand messages to senders. */
export const SENDER_QUEUES_SHAPE = Object.fromEntries(
  QUEUES.map(([channel, lane]) => [variableOf(channel, lane), z.string()]),
) as Record<Variable<Channel, Lane>, z.ZodString>; // one for each queue

/** Each sender's variables with their values. */
export const senderQueuesEnv = (urlOf: (channel: Channel, lane: Lane) => string): SenderQueuesEnv =>
  Object.fromEntries(
    QUEUES.map(([channel, lane]) => [variableOf(channel, lane), urlOf(channel, lane)]),
  ) as SenderQueuesEnv; // one for each queue

export const senderQueueUrl = (env: SenderQueuesEnv, channel: Channel, lane: Lane): string =>
  env[variableOf(channel, lane)];
