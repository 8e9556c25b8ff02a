import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import {
  DeleteStateMachineCommand,
  ListStateMachinesCommand,
  ListTagsForResourceCommand,
  SFNClient,
} from '@aws-sdk/client-sfn';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, test } from 'vitest';
import { type ResourceRequest, removeMachines } from '../../../adapters/stepfunctions/remove-machines.ts';

const STACK = 'arn:aws:cloudformation:eu-west-1:111122223333:stack/cairn-engine/1';
const arnOf = (name: string) => `arn:aws:states:eu-west-1:111122223333:stateMachine:${name}`;
const states = new SFNClient({ region: 'eu-west-1' });
const stacks = new CloudFormationClient({ region: 'eu-west-1' });
const sfn = mockClient(states);
const cloudFormation = mockClient(stacks);

const TAGS: Record<string, { key: string; value: string }[]> = {
  'cairn-welcome-v1': [{ key: 'cairn', value: 'cairn' }],
  'cairn-welcome-v2': [
    { key: 'team', value: 'growth' },
    { key: 'cairn', value: 'cairn' },
  ],
  'cairn-of-another-team': [],
  'cairn-other': [{ key: 'cairn', value: 'cairn2' }],
  'shop-welcome-v1': [{ key: 'cairn', value: 'cairn' }],
};

beforeEach(() => {
  sfn.reset();
  cloudFormation.reset();
  sfn.on(ListStateMachinesCommand).resolves({
    stateMachines: Object.keys(TAGS).map((name) => ({
      name,
      stateMachineArn: arnOf(name),
      type: 'STANDARD' as const,
      creationDate: new Date(0),
    })),
  });
  for (const [name, tags] of Object.entries(TAGS))
    sfn.on(ListTagsForResourceCommand, { resourceArn: arnOf(name) }).resolves({ tags });
  sfn.on(DeleteStateMachineCommand).resolves({});
});

const request = (RequestType: ResourceRequest['RequestType']): ResourceRequest => ({
  RequestType,
  StackId: STACK,
  PhysicalResourceId: 'cairn-delete-state-machines',
});
const during = (status: string) =>
  cloudFormation
    .on(DescribeStacksCommand, { StackName: STACK })
    .resolves({ Stacks: [{ StackName: 'cairn-engine', CreationTime: new Date(0), StackStatus: status as never }] });
const remove = (type: ResourceRequest['RequestType']) =>
  removeMachines({ states, stacks, prefix: 'cairn' }, request(type));
const removed = () => sfn.commandCalls(DeleteStateMachineCommand).map(({ args }) => args[0].input.stateMachineArn);

test('machines that bear our tag go when the stack is deleted, and nobody else’s', async () => {
  during('DELETE_IN_PROGRESS');
  expect(await remove('Delete')).toEqual({ PhysicalResourceId: 'cairn-delete-state-machines' });
  expect(removed()).toEqual(['cairn-welcome-v1', 'cairn-welcome-v2'].map(arnOf));
});

test.each([
  'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS',
  'ROLLBACK_IN_PROGRESS',
  'UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS',
])('they stay when the resource goes in a stack that stays: %s', async (status) => {
  during(status);
  expect(await remove('Delete')).toEqual({ PhysicalResourceId: 'cairn-delete-state-machines' });
  expect(removed()).toEqual([]);
});

test('nothing is asked or done when the resource is made or changed', async () => {
  await remove('Create');
  await remove('Update');
  expect(sfn.calls()).toEqual([]);
  expect(cloudFormation.calls()).toEqual([]);
});

test('they stay when nobody can say what becomes of the stack', async () => {
  cloudFormation.on(DescribeStacksCommand).rejects(new Error('AccessDenied'));
  await expect(remove('Delete')).rejects.toThrow('AccessDenied');
  expect(removed()).toEqual([]);
});
