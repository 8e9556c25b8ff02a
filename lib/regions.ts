import { CHANNELS, type Channel } from '../core/channels.ts';

const CHINA = ['cn-north-1', 'cn-northwest-1'];

/** Regions without the CloudFormation resources of a channel (from CloudFormation's own registry, late 2026). */
const WITHOUT: Record<Channel, readonly string[]> = {
  email: [
    ...CHINA,
    'ap-east-1',
    'ap-east-2',
    'ap-southeast-4',
    'ap-southeast-6',
    'ap-southeast-7',
    'eu-south-2',
    'mx-central-1',
  ],
  sms: [...CHINA, 'ap-east-1', 'ap-southeast-5', 'ap-southeast-7'],
  // The templates contain no resource of push; elsewhere its endpoint decides.
  push: CHINA,
};

/** Regions without Cognito user pools: tokens come from an issuer of the team's own. */
const WITHOUT_USER_POOLS: readonly string[] = CHINA;

/** Channels that can be deployed in this Region. */
export const channelsOf = (region: string): Channel[] =>
  CHANNELS.filter((channel) => !WITHOUT[channel].includes(region));

export const hasUserPools = (region: string): boolean => !WITHOUT_USER_POOLS.includes(region);
