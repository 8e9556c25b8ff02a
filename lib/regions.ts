import { CHANNELS, type Channel } from '../core/channels/registry.ts';
import { resourcesOf } from './channels/registry.ts';
import { CHINA } from './china.ts';

/** Regions without Cognito user pools: tokens come from an issuer of the team's own. */
const WITHOUT_USER_POOLS = CHINA;

/** Channels that can be deployed in this Region: it has the CloudFormation resources of their sending (read from CloudFormation's own registry, late 2026). */
export const channelsOf = (region: string): Channel[] =>
  CHANNELS.filter((channel) => !resourcesOf(channel).absentIn.includes(region));

export const hasUserPools = (region: string): boolean => !WITHOUT_USER_POOLS.includes(region);
