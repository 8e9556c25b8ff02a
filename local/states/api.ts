import { InvalidDefinitionError, type Json } from './definition.ts';
import type { Engine } from './engine.ts';
import { arnOf } from './execution.ts';

/** An answer of Step Functions' awsJson1.0 API. */
interface Answer {
  status: number;
  body: Json;
}

const fault = (type: string, message: string): Answer => ({
  status: 400,
  body: { __type: `com.amazonaws.states#${type}`, message },
});
const ok = (body: Json): Answer => ({ status: 200, body });
const nameOf = (arn: unknown): string => String(arn).split(':stateMachine:').at(-1) ?? '';

type Operations = Record<string, (input: Json) => Answer>;

/** Step Functions' API over the engine; `operation` as in `X-Amz-Target: AWSStepFunctions.<operation>`. */
export function statesApi(engine: Engine, now: () => number) {
  const operations = { ...machineOperations(engine, now), ...executionOperations(engine, now) };
  return (operation: string, input: Json): Answer => {
    const carryOut = operations[operation];
    if (carryOut === undefined) return fault('UnknownOperationException', `${operation} is not served here`);
    try {
      return carryOut(input);
    } catch (error) {
      if (error instanceof InvalidDefinitionError || error instanceof SyntaxError)
        return fault('InvalidDefinition', error.message);
      throw error;
    }
  };
}

function machineOperations(engine: Engine, now: () => number): Operations {
  return {
    CreateStateMachine({ name, definition }) {
      const there = engine.machines().find((machine) => machine.name === name);
      if (there !== undefined && there.definition !== definition)
        return fault('StateMachineAlreadyExists', `${name} exists`);
      engine.define(String(name), String(definition));
      return ok({ stateMachineArn: arnOf('stateMachine', String(name)), creationDate: now() / 1000 });
    },
    UpdateStateMachine({ stateMachineArn, definition }) {
      if (!engine.redefine(nameOf(stateMachineArn), String(definition)))
        return fault('StateMachineDoesNotExist', `${stateMachineArn} does not exist`);
      return ok({ updateDate: now() / 1000 });
    },
    DeleteStateMachine({ stateMachineArn }) {
      engine.undefine(nameOf(stateMachineArn));
      return ok({});
    },
    DescribeStateMachine({ stateMachineArn }) {
      const machine = engine.machines().find(({ name }) => name === nameOf(stateMachineArn));
      if (machine === undefined) return fault('StateMachineDoesNotExist', `${stateMachineArn} does not exist`);
      return ok({
        stateMachineArn,
        name: machine.name,
        definition: machine.definition,
        type: 'STANDARD',
        status: 'ACTIVE',
        roleArn: '',
        creationDate: now() / 1000,
      });
    },
    ListStateMachines() {
      const stateMachines = engine.machines().map(({ name }) => ({
        name,
        stateMachineArn: arnOf('stateMachine', name),
        type: 'STANDARD',
        creationDate: now() / 1000,
      }));
      return ok({ stateMachines });
    },
  };
}

function executionOperations(engine: Engine, now: () => number): Operations {
  return {
    StartExecution({ stateMachineArn, name, input }) {
      const machine = nameOf(stateMachineArn);
      const said = engine.start(machine, String(name), String(input ?? '{}'));
      if (said === 'unknown') return fault('StateMachineDoesNotExist', `${stateMachineArn} does not exist`);
      if (said === 'exists') return fault('ExecutionAlreadyExists', `${name} exists`);
      return ok({ executionArn: arnOf('execution', `${machine}:${name}`), startDate: now() / 1000 });
    },
    ListExecutions({ stateMachineArn, statusFilter }) {
      const machine = nameOf(stateMachineArn);
      const found = [...engine.executions(), ...engine.ended()].filter(
        (one) => one.machine === machine && one.status === statusFilter,
      );
      const executions = found.map(({ arn, name, status, startedAt, endedAt }) => ({
        executionArn: arn,
        stateMachineArn,
        name,
        status,
        startDate: startedAt / 1000,
        ...(endedAt === undefined ? {} : { stopDate: endedAt / 1000 }),
      }));
      return ok({ executions });
    },
    StopExecution({ executionArn }) {
      return engine.stopExecution(String(executionArn))
        ? ok({ stopDate: now() / 1000 })
        : fault('ExecutionDoesNotExist', `${executionArn} does not exist`);
    },
    SendTaskSuccess({ taskToken }) {
      return engine.resolve(String(taskToken)) === 'done' ? ok({}) : fault('TaskTimedOut', 'the task is over');
    },
  };
}
