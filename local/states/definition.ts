import type { State } from '../../statemachines/definition.ts';

export type { State };
export type Json = Record<string, unknown>;

export interface Definition {
  StartAt: string;
  States: Record<string, State>;
}

/** Fields of each type of state that this interpreter supports: exactly those that Cairn emits. */
const FIELDS: Record<string, readonly string[]> = {
  Task: [
    'Resource',
    'Parameters',
    'TimeoutSeconds',
    'TimeoutSecondsPath',
    'Retry',
    'Catch',
    'ResultPath',
    'OutputPath',
    'Next',
    'End',
  ],
  Wait: ['TimestampPath', 'Next', 'End'],
  Choice: ['Choices', 'Default'],
  Succeed: [],
  Fail: ['Error', 'Cause'],
};
const RESOURCES = ['arn:aws:states:::lambda:invoke', 'arn:aws:states:::lambda:invoke.waitForTaskToken'];

/** Thrown for a definition that is not in the States Language, or that this interpreter does not support. */
export class InvalidDefinitionError extends Error {
  override readonly name = 'InvalidDefinition';
}

/** Refuses a definition that it could not execute exactly. */
export function readDefinition(text: string): Definition {
  const definition = JSON.parse(text) as Definition;
  for (const [name, state] of Object.entries(definition.States)) {
    const known = FIELDS[state.Type];
    if (known === undefined)
      throw new InvalidDefinitionError(`${name}: states of type ${state.Type} are not interpreted here`);
    for (const field of Object.keys(state)) {
      if (!known.includes(field) && field !== 'Type' && field !== 'Comment')
        throw new InvalidDefinitionError(`${name}: ${field} is not interpreted here`);
    }
    if (state.Type === 'Task' && !RESOURCES.includes(String(state.Resource)))
      throw new InvalidDefinitionError(`${name}: ${state.Resource} is not interpreted here`);
    for (const next of nextsOf(state)) {
      if (definition.States[next] === undefined)
        throw new InvalidDefinitionError(`${name} leads to ${next}, which is not there`);
    }
  }
  if (definition.States[definition.StartAt] === undefined)
    throw new InvalidDefinitionError(`StartAt names ${definition.StartAt}, which is not there`);
  return definition;
}

function nextsOf(state: State): string[] {
  const nested = [state.Choices, state.Catch].flatMap((list) => (Array.isArray(list) ? (list as Json[]) : []));
  return [state.Next, state.Default, ...nested.map((one) => one.Next)].filter((next) => typeof next === 'string');
}
