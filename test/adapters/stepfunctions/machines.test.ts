import {
  ConflictException,
  CreateStateMachineCommand,
  DeleteStateMachineCommand,
  InvalidDefinition,
  SFNClient,
  StateMachineAlreadyExists,
  StateMachineDeleting,
  StateMachineLimitExceeded,
  UpdateStateMachineCommand,
} from '@aws-sdk/client-sfn';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { machines } from '../../../adapters/stepfunctions/machines.ts';
import type { StateMachineDefinition } from '../../../statemachines/compile.ts';

const ARN_PREFIX = 'arn:aws:states:eu-west-1:000000000000:stateMachine:';
const ROLE = 'arn:aws:iam::000000000000:role/journeys';
const client = new SFNClient({ region: 'eu-west-1' });
const sfn = mockClient(client);
const { create, remove } = machines(client, { arnPrefix: ARN_PREFIX, roleArn: ROLE, prefix: 'cairn' });

beforeEach(() => {
  sfn.reset();
  sfn.onAnyCommand().resolves({});
});

const NAME = 'cairn-welcome-v3';
const definition: StateMachineDefinition = {
  Comment: '欢迎',
  StartAt: 'Done',
  States: { Done: { Type: 'Succeed' } },
};
const JSON_OF_IT = '{"Comment":"欢迎","StartAt":"Done","States":{"Done":{"Type":"Succeed"}}}';
const said = (message: string) => ({ message, $metadata: { httpStatusCode: 400 } });
const calls = () => sfn.calls().map(({ args }) => [args[0].constructor, args[0].input]);

describe('a journey’s machine', () => {
  it('is made as a standard one under its name, tagged as ours', async () => {
    await create(NAME, definition);
    expect(calls()).toEqual([
      [
        CreateStateMachineCommand,
        {
          name: NAME,
          definition: JSON_OF_IT,
          roleArn: ROLE,
          type: 'STANDARD',
          tags: [{ key: 'cairn', value: 'cairn' }],
          tracingConfiguration: { enabled: false },
        },
      ],
    ]);
  });

  it('has its executions traced where the deployment is', async () => {
    const traced = machines(client, { arnPrefix: ARN_PREFIX, roleArn: ROLE, prefix: 'cairn', isTraced: true });
    await traced.create(NAME, definition);
    expect(calls()).toMatchObject([[CreateStateMachineCommand, { tracingConfiguration: { enabled: true } }]]);
  });

  it('of an earlier publish that broke off is replaced', async () => {
    sfn.on(CreateStateMachineCommand).rejects(new StateMachineAlreadyExists(said('with another definition')));
    await create(NAME, definition);
    expect(calls().slice(1)).toEqual([
      [
        UpdateStateMachineCommand,
        {
          stateMachineArn: `${ARN_PREFIX}${NAME}`,
          definition: JSON_OF_IT,
          roleArn: ROLE,
          tracingConfiguration: { enabled: false },
        },
      ],
    ]);
  });

  it.each([
    new InvalidDefinition(said('no such state')),
    new StateMachineLimitExceeded(said('too many machines')),
    new StateMachineDeleting(said('being deleted')),
  ])('that cannot be made changes nothing, and its publisher hears why: $name', async (error) => {
    sfn.on(CreateStateMachineCommand).rejects(error);
    await expect(create(NAME, definition)).rejects.toBe(error);
    expect(sfn.commandCalls(UpdateStateMachineCommand)).toEqual([]);
  });

  it('that cannot be replaced is not taken for made', async () => {
    const conflict = new ConflictException(said('updated by another'));
    sfn.on(CreateStateMachineCommand).rejects(new StateMachineAlreadyExists(said('exists')));
    sfn.on(UpdateStateMachineCommand).rejects(conflict);
    await expect(create(NAME, definition)).rejects.toBe(conflict);
  });

  it('is deleted by its ARN', async () => {
    await remove(NAME);
    expect(calls()).toEqual([[DeleteStateMachineCommand, { stateMachineArn: `${ARN_PREFIX}${NAME}` }]]);
  });

  it('that cannot be deleted is reported', async () => {
    sfn.on(DeleteStateMachineCommand).rejects(new Error('unreachable'));
    await expect(remove(NAME)).rejects.toThrow('unreachable');
  });
});
