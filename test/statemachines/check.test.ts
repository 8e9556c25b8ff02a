import { describe, expect, it } from 'vitest';
import { checkMachine } from '../../statemachines/check.ts';
import { compileMachine } from '../../statemachines/compile.ts';
import type { State, StateMachineDefinition } from '../../statemachines/definition.ts';
import { everyNode } from '../core/journeys/every-node.ts';

const sound = (): StateMachineDefinition =>
  compileMachine(everyNode, {
    id: 'j',
    version: 1,
    variant: 'first',
    advanceRunArn: 'arn:aws:lambda:eu-west-1:123456789012:function:step',
    registerTaskTokenArn: 'arn:aws:lambda:eu-west-1:123456789012:function:arm',
  });

/** The sound definition with some fields of one state replaced (undefined: removed). */
function faultsWith(name: string, fields: Partial<State>): string[] {
  const machine = sound();
  const state: Record<string, unknown> = { ...machine.States[name], ...fields };
  for (const key of Object.keys(state)) if (state[key] === undefined) delete state[key];
  machine.States[name] = state as State; // of the type that it was
  return checkMachine(machine).map((fault) => `${fault.state}: ${fault.message}`);
}

const ALL = { ErrorEquals: ['States.ALL'], Next: 'The run lost its execution' };

describe('checkMachine', () => {
  it('finds nothing in what we compile', () => {
    expect(checkMachine(sound())).toEqual([]);
  });

  it.each([
    ['a target that is not there', 'begin', { Next: 'nowhere' }, 'begin: leads to nowhere, which is not there'],
    [
      'a choice whose target is not there',
      'from begin',
      { Default: 'nowhere' },
      'from begin: leads to nowhere, which is not there',
    ],
    ['a state without a way on', 'begin', { Next: undefined }, 'begin: needs either Next or End'],
    ['a state with two ways on', 'begin', { End: true }, 'begin: needs either Next or End'],
    ['an end that goes on', 'The run was left', { Next: 'begin' }, 'The run was left: ends, and goes on'],
    [
      'a Task without Retry',
      'after begin',
      { Retry: undefined },
      'after begin: needs a Retry of States.ALL, alone, as the last',
    ],
    [
      'a Task without Catch',
      'after begin',
      { Catch: [] },
      'after begin: needs a Catch of States.ALL, alone, as the last',
    ],
    ['a Task without timeout', 'after begin', { TimeoutSeconds: undefined }, 'after begin: needs one timeout'],
    ['a Task with two timeouts', 'after begin', { TimeoutSecondsPath: '$.seconds' }, 'after begin: needs one timeout'],
    [
      'States.ALL that is not alone',
      'react',
      { Catch: [{ ...ALL, ErrorEquals: ['States.ALL', 'RunLeft'] }] },
      'react: needs a Catch of States.ALL, alone, as the last',
    ],
    [
      'States.ALL before others',
      'react',
      { Catch: [ALL, { ...ALL, ErrorEquals: ['RunLeft'] }, ALL] },
      'react: has a Catch behind States.ALL',
    ],
    [
      'a token task without a token',
      'react',
      { Parameters: { FunctionName: 'arm', Payload: {} } },
      'react: waits for a token, and hands on none',
    ],
    [
      'a token that nobody waits for',
      'react',
      { Resource: 'arn:aws:states:::lambda:invoke' },
      'react: hands on $$.Task.Token, and does not wait for it',
    ],
    [
      'a misspelt resource',
      'after begin',
      { Resource: 'arn:aws:states:::lamda:invoke' },
      'after begin: calls arn:aws:states:::lamda:invoke, which we do not know',
    ],
    [
      'a heartbeat behind the timeout',
      'after begin',
      { HeartbeatSeconds: 60 },
      'after begin: has a heartbeat that its timeout precedes',
    ],
    ['a choice without choices', 'from begin', { Choices: [] }, 'from begin: needs a choice'],
    ['a choice without default', 'from begin', { Default: undefined }, 'from begin: needs a Default'],
    [
      'a misspelt operator',
      'from begin',
      { Choices: [{ Variable: '$.next', StringEqual: 'react', Next: 'react' }] },
      'from begin: has a choice that is not of the form Variable, StringEquals, Next: StringEqual',
    ],
  ])('finds %s', (_what, name, fields, fault) => {
    expect(faultsWith(name, fields)).toContain(fault);
  });

  it('finds states that are never entered, and those from which nothing ends', () => {
    const machine = sound();
    machine.States.lost = { Type: 'Wait', TimestampPath: '$.until', Next: 'lost' };
    expect(checkMachine(machine)).toEqual([
      { state: 'lost', message: 'is never entered' },
      { state: 'lost', message: 'leads to no end' },
    ]);
  });

  it('finds names and definitions that are too long, and a start that is not there', () => {
    const machine = sound();
    machine.States['x'.repeat(81)] = { Type: 'Succeed', Comment: 'x'.repeat(1_000_000) };
    machine.StartAt = 'nowhere';
    const messages = checkMachine(machine).map((fault) => fault.message);
    expect(messages[0]).toBe('StartAt names nowhere, which is not there');
    expect(messages[1]).toMatch(/^is sent as \d+ bytes, more than 1000000$/);
    expect(messages).toContain('has a name of 81 characters, more than 80');
  });
});
