import { listOf, reachableFrom, type State, type StateMachineDefinition, targetsOf } from './definition.ts';

/** `state` is absent if the definition as a whole is at fault. */
export interface Fault {
  state?: string;
  message: string;
}

/** AWS takes requests of 1 MB, in which the definition travels as a string; the rest is for the request's other parts. */
const MAX_BYTES = 1_000_000;
const LONGEST_NAME = 80;
const INVOKE = /^arn:aws[a-z-]*:states:::lambda:invoke(\.waitForTaskToken)?$/;
const TOKEN = '$$.Task.Token';

/** Checks the rules that every definition we create must keep and that validators do not check. Returns an empty list if it keeps all. */
export function checkMachine(definition: StateMachineDefinition): Fault[] {
  const states = Object.entries(definition.States);
  return [
    ...checkWhole(definition),
    ...states.flatMap(([name, state]) =>
      [...checkName(name), ...checkTargets(definition, state), ...checkEnd(definition, name), ...checkState(state)].map(
        (message) => ({ state: name, message }),
      ),
    ),
  ];
}

function checkWhole({ StartAt, States, ...rest }: StateMachineDefinition): Fault[] {
  const faults: Fault[] = [];
  if (!Object.hasOwn(States, StartAt)) faults.push({ message: `StartAt names ${StartAt}, which is not there` });
  const bytes = Buffer.byteLength(JSON.stringify(JSON.stringify({ StartAt, States, ...rest })));
  if (bytes > MAX_BYTES) faults.push({ message: `is sent as ${bytes} bytes, more than ${MAX_BYTES}` });
  const reached = reachableFrom(States, StartAt);
  for (const state of Object.keys(States)) if (!reached.has(state)) faults.push({ state, message: 'is never entered' });
  return faults;
}

const checkName = (name: string): string[] =>
  name.length > LONGEST_NAME ? [`has a name of ${name.length} characters, more than ${LONGEST_NAME}`] : [];

const checkTargets = ({ States }: StateMachineDefinition, state: State): string[] =>
  targetsOf(state)
    .filter((target) => !Object.hasOwn(States, target))
    .map((target) => `leads to ${target}, which is not there`);

/** An execution must be able to end from any state. */
function checkEnd({ States }: StateMachineDefinition, name: string): string[] {
  const ends = [...reachableFrom(States, name)].some((other) => isTerminal(States[other]));
  return ends ? [] : ['leads to no end'];
}

const isTerminal = (state: State | undefined): boolean =>
  state?.Type === 'Succeed' || state?.Type === 'Fail' || state?.End === true;

function checkState(state: State): string[] {
  const goesOn = [state.Next !== undefined, state.End === true].filter(Boolean).length;
  switch (state.Type) {
    case 'Task':
      return [...oneWayOn(goesOn), ...checkTask(state)];
    case 'Wait':
      return oneWayOn(goesOn);
    case 'Choice':
      return checkChoice(state);
    default:
      return goesOn === 0 ? [] : ['ends, and goes on'];
  }
}

const oneWayOn = (ways: number): string[] => (ways === 1 ? [] : ['needs either Next or End']);

function checkTask(state: State): string[] {
  const faults: string[] = [];
  const resource = String(state.Resource);
  if (!INVOKE.test(resource)) faults.push(`calls ${resource}, which we do not know`);
  const passesToken = JSON.stringify(state.Parameters ?? {}).includes(`"${TOKEN}"`);
  if (passesToken !== resource.endsWith('.waitForTaskToken')) {
    faults.push(passesToken ? `hands on ${TOKEN}, and does not wait for it` : `waits for a token, and hands on none`);
  }
  const timeouts = [state.TimeoutSeconds, state.TimeoutSecondsPath].filter((timeout) => timeout !== undefined);
  if (timeouts.length !== 1) faults.push('needs one timeout');
  for (const field of ['Retry', 'Catch'] as const) faults.push(...checkCatchers(field, state));
  const { HeartbeatSeconds: heartbeat, TimeoutSeconds: timeout } = state;
  if (typeof heartbeat === 'number' && typeof timeout === 'number' && heartbeat >= timeout) {
    faults.push('has a heartbeat that its timeout precedes');
  }
  return faults;
}

/** `States.ALL` must be there, stand alone, and be the last: https://states-language.net/spec.html#errors */
function checkCatchers(field: 'Retry' | 'Catch', state: State): string[] {
  const errors = listOf(state[field]).map((one) => JSON.stringify(one.ErrorEquals));
  const all = JSON.stringify(['States.ALL']);
  if (errors.at(-1) !== all) return [`needs a ${field} of States.ALL, alone, as the last`];
  return errors.slice(0, -1).some((one) => one.includes('States.ALL')) ? [`has a ${field} behind States.ALL`] : [];
}

/** Checks a `Choice` in the form in which we use it. */
function checkChoice(state: State): string[] {
  const choices = listOf(state.Choices);
  const faults = choices.length === 0 ? ['needs a choice'] : [];
  if (typeof state.Default !== 'string') faults.push('needs a Default');
  for (const { Variable, Next, ...test } of choices) {
    const [operator, ...others] = Object.keys(test);
    const isKnown = operator === 'StringEquals' && others.length === 0;
    if (!isKnown || typeof Next !== 'string' || !String(Variable).startsWith('$.')) {
      faults.push(`has a choice that is not of the form Variable, StringEquals, Next: ${Object.keys(test).join(', ')}`);
    }
  }
  return faults;
}
