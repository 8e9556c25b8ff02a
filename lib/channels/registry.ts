import { CHANNELS, type Channel } from '../../core/channels/registry.ts';
import type { SenderEnvSchema } from '../../runtime/wiring/sending-env.ts';
import type { SenderResources } from './channel.ts';
import { email } from './email.ts';
import { push } from './push.ts';
import { sms } from './sms.ts';
import { webhook } from './webhook.ts';

/** Each channel's resources in the stacks. */
const RESOURCES = { email, sms, push, webhook } satisfies Record<Channel, unknown>;
type All = typeof RESOURCES;

type Together<One> = (One extends unknown ? (one: One) => void : never) extends (all: infer Whole) => void
  ? Whole
  : never;
/** Keys of `config/<stage>.json` that are a channel's own. */
export const CHANNEL_CONFIG_SHAPE = Object.assign(
  {},
  ...CHANNELS.map((channel) => RESOURCES[channel].config),
) as Together<All[Channel]['config']>; // all of them

type ConfigShape = typeof CHANNEL_CONFIG_SHAPE;

/** A channel's resources, of whichever channel. */
export const resourcesOf = (channel: Channel): Omit<SenderResources<ConfigShape, typeof SenderEnvSchema>, 'config'> =>
  RESOURCES[channel];
