import { ListExecutionsCommand, ListStateMachinesCommand, SFNClient } from '@aws-sdk/client-sfn';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, test } from 'vitest';
import { lostExecutions } from '../../../adapters/stepfunctions/lost-executions.ts';

const client = new SFNClient({ region: 'eu-west-1' });
const sfn = mockClient(client);
const NOW = Date.parse('2026-11-02T03:17:00Z');
const DAY = 24 * 3600_000;
const machine = (name: string) => ({
  name,
  stateMachineArn: `arn:${name}`,
  type: 'STANDARD' as const,
  creationDate: new Date(0),
});
const ended = (name: string, at: number) => ({
  name,
  executionArn: `arn:${name}`,
  stateMachineArn: 'arn:cairn-a-v1',
  status: 'FAILED' as const,
  startDate: new Date(0),
  stopDate: new Date(at),
});

beforeEach(() => {
  sfn.reset();
});

test('finds what has failed, timed out or was aborted since, page by page, of our machines alone', async () => {
  sfn
    .on(ListStateMachinesCommand)
    .resolvesOnce({ stateMachines: [machine('cairn-a-v1'), machine('other-v1')], nextToken: 'm' });
  sfn.on(ListStateMachinesCommand, { nextToken: 'm' }).resolves({ stateMachines: [machine('cairn-b-v2r')] });
  sfn.on(ListExecutionsCommand).resolves({ executions: [] });
  const failedOfA = { stateMachineArn: 'arn:cairn-a-v1', statusFilter: 'FAILED' as const };
  sfn.on(ListExecutionsCommand, failedOfA).resolves({ executions: [ended('run-1', NOW - DAY)], nextToken: 'e' });
  sfn
    .on(ListExecutionsCommand, { ...failedOfA, nextToken: 'e' })
    .resolves({ executions: [ended('run-2', NOW - DAY), ended('long-ago', NOW - 5 * DAY)] });
  sfn
    .on(ListExecutionsCommand, { stateMachineArn: 'arn:cairn-b-v2r', statusFilter: 'ABORTED' })
    .resolves({ executions: [ended('run-3', NOW)] });

  const found: object[] = [];
  for await (const one of lostExecutions(client, 'cairn-', () => 0)(NOW - 4 * DAY)) found.push(one);

  expect(found).toEqual([
    { name: 'run-1', status: 'FAILED' },
    { name: 'run-2', status: 'FAILED' },
    { name: 'run-3', status: 'ABORTED' },
  ]);
  expect(sfn.commandCalls(ListExecutionsCommand).map(({ args: [{ input }] }) => input)).toContainEqual({
    stateMachineArn: 'arn:cairn-a-v1',
    statusFilter: 'TIMED_OUT',
    maxResults: 1_000,
    nextToken: undefined,
  });
});

test('begins with any machine: where the night is too short for all, none comes last every time', async () => {
  const names = ['cairn-a-v1', 'cairn-b-v1', 'cairn-c-v1', 'cairn-d-v1'];
  sfn.on(ListStateMachinesCommand).resolves({ stateMachines: names.map(machine) });
  sfn.on(ListExecutionsCommand).resolves({ executions: [] });
  for await (const _none of lostExecutions(client, 'cairn-', () => 0.6)(NOW));
  const asked = sfn.commandCalls(ListExecutionsCommand).map(({ args: [{ input }] }) => input.stateMachineArn);
  expect([...new Set(asked)]).toEqual(['arn:cairn-c-v1', 'arn:cairn-d-v1', 'arn:cairn-a-v1', 'arn:cairn-b-v1']);
});
