import {
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  ExecutionLimitExceeded,
  InvalidOutput,
  InvalidToken,
  SendTaskSuccessCommand,
  SFNClient,
  SFNServiceException,
  StartExecutionCommand,
  StateMachineDeleting,
  StateMachineDoesNotExist,
  StopExecutionCommand,
  TaskDoesNotExist,
  TaskTimedOut,
} from '@aws-sdk/client-sfn';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { executions } from '../../../adapters/stepfunctions/executions.ts';
import { entryIdOf } from '../../../core/ids.ts';
import { machineName } from '../../../core/runs/machine-name.ts';
import type { ExecutionState } from '../../../core/runs/run.ts';

const MACHINES = 'arn:aws:states:eu-west-1:000000000000:stateMachine:';
const client = new SFNClient({ region: 'eu-west-1' });
const sfn = mockClient(client);
const { start, resolve, stop } = executions(client, { machinePrefix: MACHINES });

beforeEach(() => {
  sfn.reset();
  sfn.onAnyCommand().resolves({});
});

const ENTRY = entryIdOf('welcome', '', 'abcdefghijklmnopqrstuvwxyz', 'event-1');
const state = (over: Partial<ExecutionState> = {}): ExecutionState => ({
  entry: ENTRY,
  leg: 1,
  n: 1,
  next: 'wait-a-day',
  until: '2026-11-03T01:00:00Z',
  seconds: 86_400,
  ...over,
});

const said = (message: string) => ({ message, $metadata: { httpStatusCode: 400 } });
const throttled = new SFNServiceException({ ...said('Rate exceeded'), name: 'ThrottlingException', $fault: 'client' });

describe('an execution is started', () => {
  it('by its machine’s ARN, under a name of its entry and leg, with the state that its run rests in', async () => {
    await start('cairn-welcome-v3', state());
    expect(sfn.commandCalls(StartExecutionCommand).map(({ args }) => args[0].input)).toEqual([
      {
        stateMachineArn: `${MACHINES}cairn-welcome-v3`,
        name: expect.stringMatching(new RegExp(`^${ENTRY}-1$`)),
        input: `{"entry":"${ENTRY}","leg":1,"n":1,"next":"wait-a-day","until":"2026-11-03T01:00:00Z","seconds":86400}`,
      },
    ]);
  });

  it('under the same name again, and under another for another leg, all of which Step Functions takes', async () => {
    await start('cairn-welcome-v3', state());
    await start('cairn-welcome-v3', state());
    await start('cairn-welcome-v3r', state({ leg: 1_000_000 }));
    const names = sfn.commandCalls(StartExecutionCommand).map(({ args }) => args[0].input.name);
    expect(names[1]).toBe(names[0]);
    expect(names[2]).not.toBe(names[0]);
    for (const name of names) expect(name).toMatch(/^[A-Za-z0-9_-]{1,80}$/);
  });

  it('once: that it is there already is success', async () => {
    sfn.on(StartExecutionCommand).rejects(new ExecutionAlreadyExists(said('exists')));
    await expect(start('cairn-welcome-v3', state())).resolves.toBe(true);
  });

  it.each([throttled, new ExecutionLimitExceeded(said('too many are open'))])(
    'or not now, which is no error: $name',
    async (error) => {
      sfn.on(StartExecutionCommand).rejects(error);
      await expect(start('cairn-welcome-v3', state())).resolves.toBe(false);
    },
  );

  it.each([new StateMachineDoesNotExist(said('not yet')), new StateMachineDeleting(said('no more'))])(
    'or its starter hears why not: $name',
    async (error) => {
      sfn.on(StartExecutionCommand).rejects(error);
      await expect(start('cairn-welcome-v3', state())).rejects.toBe(error);
    },
  );
});

describe('a waiting task is resolved', () => {
  it('by its token, with an output that is JSON', async () => {
    await resolve('token-1');
    const inputs = sfn.commandCalls(SendTaskSuccessCommand).map(({ args }) => args[0].input);
    expect(inputs).toEqual([{ taskToken: 'token-1', output: expect.any(String) }]);
    expect(JSON.parse(inputs[0]?.output ?? '')).toEqual({});
  });

  it.each([
    new TaskTimedOut(said('too late')),
    new TaskDoesNotExist(said('gone')),
    new InvalidToken(said('of an execution that is no more')),
  ])('already where its token is gone: $name', async (error) => {
    sfn.on(SendTaskSuccessCommand).rejects(error);
    await expect(resolve('token-1')).resolves.toBeUndefined();
  });

  it.each([throttled, new InvalidOutput(said('not JSON'))])('or its resolver hears why not: $name', async (error) => {
    sfn.on(SendTaskSuccessCommand).rejects(error);
    await expect(resolve('token-1')).rejects.toBe(error);
  });
});

describe('an execution is stopped', () => {
  it('by its own ARN, which is that of the start', async () => {
    await start('cairn-welcome-v3', state({ leg: 2 }));
    const { name } = sfn.commandCalls(StartExecutionCommand)[0]?.args[0].input ?? {};
    await stop('cairn-welcome-v3', ENTRY, 2);
    expect(sfn.commandCalls(StopExecutionCommand).map(({ args }) => args[0].input)).toEqual([
      {
        executionArn: `arn:aws:states:eu-west-1:000000000000:execution:cairn-welcome-v3:${name}`,
        cause: expect.stringMatching(/^.{1,32768}$/),
      },
    ]);
  });

  it('already where there is none', async () => {
    sfn.on(StopExecutionCommand).rejects(new ExecutionDoesNotExist(said('none')));
    await expect(stop('cairn-welcome-v3', ENTRY, 1)).resolves.toBeUndefined();
  });

  it('or its stopper hears why not', async () => {
    sfn.on(StopExecutionCommand).rejects(throttled);
    await expect(stop('cairn-welcome-v3', ENTRY, 1)).rejects.toBe(throttled);
  });
});

describe('a machine’s name', () => {
  it('is one that Step Functions takes, of the longest prefix, journey and version', () => {
    expect(machineName('p'.repeat(8), 'j'.repeat(63), 99_999, 2)).toMatch(/^[A-Za-z0-9_-]{1,80}$/);
  });

  it('is another for later legs, for another version, and for a journey whose name goes on like one', () => {
    const names = [
      machineName('cairn', 'welcome', 1, 1),
      machineName('cairn', 'welcome', 1, 2),
      machineName('cairn', 'welcome', 11, 1),
      machineName('cairn', 'welcome-v1', 1, 1),
    ];
    expect(new Set(names).size).toBe(names.length);
    expect(machineName('cairn', 'welcome', 1, 3)).toBe(names[1]);
  });
});
