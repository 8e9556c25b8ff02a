import type { Stack } from 'aws-cdk-lib';

/** Why a statement names the journeys' state machines by a pattern. */
export const WHY_MACHINE_PATTERN = 'Journeys’ machines are made at run time; their names begin with the prefix.';
/** Why a statement names all machines. */
export const WHY_ALL_MACHINES = 'Listing state machines takes no resource.';

/** ARNs of the journeys' state machines: their prefix in this account, the pattern of ours, and that of their executions. */
export interface JourneyMachineArns {
  arnPrefix: string;
  arnPattern: string;
  executionArnPattern: string;
}

export function journeyMachineArns({ partition, region, account }: Stack, prefix: string): JourneyMachineArns {
  const states = `arn:${partition}:states:${region}:${account}`;
  const arnPrefix = `${states}:stateMachine:`;
  return { arnPrefix, arnPattern: `${arnPrefix}${prefix}-*`, executionArnPattern: `${states}:execution:${prefix}-*` };
}
