import { type CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DeleteStateMachineCommand, ListTagsForResourceCommand, type SFNClient } from '@aws-sdk/client-sfn';
import { MACHINE_TAG } from '../../core/runs/machine-tag.ts';
import { machineArns } from './lost-executions.ts';

/** Request of CloudFormation's provider framework for a custom resource. */
export interface ResourceRequest {
  RequestType: 'Create' | 'Update' | 'Delete';
  StackId: string;
  PhysicalResourceId?: string;
}

export interface MachinesDeps {
  states: SFNClient;
  stacks: CloudFormationClient;
  /** Prefix of the deployment: first part of its machines' names, and the value of their tag. */
  prefix: string;
}

/**
 * Deletes the state machines, which stops their running executions. CloudFormation also deletes the resource if a template drops or renames it, or if
 * a creation is rolled back: then the machines stay, because customers are still in their journeys.
 */
export async function removeMachines(
  { states, stacks, prefix }: MachinesDeps,
  request: ResourceRequest,
): Promise<{ PhysicalResourceId: string }> {
  const done = { PhysicalResourceId: request.PhysicalResourceId ?? `${prefix}-machines` };
  if (request.RequestType !== 'Delete' || !(await isBeingDeleted(stacks, request.StackId))) return done;
  for await (const stateMachineArn of machineArns(states, `${prefix}-`))
    if (await isOurs(states, stateMachineArn, prefix))
      await states.send(new DeleteStateMachineCommand({ stateMachineArn }));
  return done;
}

async function isBeingDeleted(client: CloudFormationClient, stackId: string): Promise<boolean> {
  const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: stackId }));
  return Stacks[0]?.StackStatus === 'DELETE_IN_PROGRESS';
}

async function isOurs(client: SFNClient, resourceArn: string, prefix: string): Promise<boolean> {
  const { tags = [] } = await client.send(new ListTagsForResourceCommand({ resourceArn }));
  return tags.some(({ key, value }) => key === MACHINE_TAG && value === prefix);
}
