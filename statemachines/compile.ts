import { type nextStops, restOf, stopsOf } from '../core/journeys/graph.ts';
import { type JourneyNode, typeOf } from '../core/journeys/nodes/registry.ts';
import type { Journey } from '../core/journeys/schema.ts';
import type { ArmInput, StepInput } from '../core/runs/run.ts';
import { durationMs } from '../core/time/duration.ts';

export interface StateMachineDefinition {
  Comment: string;
  StartAt: string;
  States: Record<string, State>;
}
export type State = { Type: 'Task' | 'Wait' | 'Choice' | 'Succeed' | 'Fail'; [field: string]: unknown };

export interface CompileOptions {
  id: string;
  version: number;
  stepArn: string;
  armArn: string;
  /** `first` starts at the first stop; `resume` at whichever stop its input names. */
  variant: 'first' | 'resume';
}

/** Lambda's passing faults, and whatever else a retry may mend: a repeat of a step replays its plan. */
const RETRY = [
  { ErrorEquals: ['RunLeft'], MaxAttempts: 0 },
  {
    ErrorEquals: ['States.ALL'],
    IntervalSeconds: 2,
    MaxAttempts: 8,
    BackoffRate: 2,
    MaxDelaySeconds: 300,
    JitterStrategy: 'FULL',
  },
];
/** A token's timeout is the journey's own, and no fault. */
const TOKEN_RETRY = [{ ErrorEquals: ['RunLeft', 'States.Timeout'], MaxAttempts: 0 }, ...RETRY.slice(1)];
const LEFT = 'The run was left';
const FAILED = 'The run lost its execution';
const STEP_SECONDS = 60;
/** Behind which the name of a stop tells the Task that leaves it: state names are at most 80 characters, node ids 63. */
const AFTER = 'after ';

const onLeft = { ErrorEquals: ['RunLeft'], ResultPath: null, Next: LEFT };
const onFailure = { ErrorEquals: ['States.ALL'], ResultPath: null, Next: FAILED };

/**
 * A journey's version as a state machine in the States Language (JSONPath). A stop is a state of its node's name: a Wait, or a Task that
 * waits for a token; behind each a Task runs the nodes from there to the next stop, and a Choice follows only where several are possible.
 * The state's whole input is an ExecutionState (core/runs/run.ts).
 */
export function compileMachine(journey: Journey, options: CompileOptions): StateMachineDefinition {
  const { first, after } = stopsOf(journey);
  const states: Record<string, State> = {};
  const begin = options.variant === 'first' ? first.stops : [...after.keys()];
  const startsWithChoice = begin.length > 1;
  if (startsWithChoice) states.start = choice(begin, false);
  for (const [id, next] of after) {
    const node = journey.nodes[id];
    if (node === undefined) continue;
    const mayBeFirst = options.variant === 'resume' || first.stops.includes(id);
    states[id] = restOf(node) === 'clock' ? waitState(id, node) : tokenState(id, node, mayBeFirst, options);
    states[`${AFTER}${id}`] = stepState(id, restOf(node) === 'clock' ? 'wait' : 'token', next, options);
    if (restOf(node) === 'event') states[`${AFTER}${id} (timeout)`] = stepState(id, 'timeout', next, options);
    if (isSeveral(next)) states[`from ${id}`] = choice(next.stops, next.ends);
  }
  if (begin.length > 0)
    states[LEFT] = { Type: 'Succeed', Comment: 'Closed, parked or on another leg: the run item has decided.' };
  if (begin.length > 0)
    states[FAILED] = {
      Type: 'Fail',
      Error: 'StepFailed',
      Cause: 'A step failed beyond its retries; the run is parked for its next leg.',
    };
  const nothing: Record<string, State> = {
    done: { Type: 'Succeed', Comment: 'This journey never rests: its runs end as they are enrolled.' },
  };
  return {
    Comment: `Cairn journey ${options.id}, version ${options.version}${options.variant === 'resume' ? ', later legs' : ''}: ${journey.name}`,
    StartAt: startsWithChoice ? 'start' : (begin[0] ?? 'done'),
    States: begin.length > 0 ? reachable(states, startsWithChoice ? 'start' : (begin[0] ?? '')) : nothing,
  };
}

type Next = ReturnType<typeof nextStops>;
const isSeveral = ({ stops, ends }: Next): boolean => stops.length + (ends ? 1 : 0) > 1;

function waitState(id: string, node: JourneyNode): State {
  const comment = node.type === 'wait' ? JSON.stringify(node.for ?? node.until) : '';
  return { Type: 'Wait', Comment: `Rests until ${comment}`, TimestampPath: '$.until', Next: `${AFTER}${id}` };
}

/** Parks with a token until an event resolves it or its time is over. The timeout is literal wherever it is the same for everybody. */
function tokenState(id: string, node: JourneyNode, mayBeFirst: boolean, { armArn }: CompileOptions): State {
  const literal = mayBeFirst ? undefined : typeOf(node).literalTimeout?.(node);
  const timeout =
    literal === undefined
      ? { TimeoutSecondsPath: '$.seconds' }
      : { TimeoutSeconds: Math.max(1, Math.ceil(durationMs(literal) / 1000)) };
  const payload: Record<`${keyof ArmInput}${'' | '.$'}`, string> | Record<string, string> = {
    'entry.$': '$.entry',
    'leg.$': '$.leg',
    'n.$': '$.n',
    stop: id,
    'token.$': '$$.Task.Token',
    'attempt.$': '$$.State.RetryCount',
  };
  return {
    Type: 'Task',
    Comment: `Rests until an event or ${literal ?? 'its own instant'}`,
    Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
    Parameters: { FunctionName: armArn, Payload: payload },
    ...timeout,
    ResultPath: null,
    Retry: TOKEN_RETRY,
    Catch: [{ ErrorEquals: ['States.Timeout'], ResultPath: null, Next: `${AFTER}${id} (timeout)` }, onLeft, onFailure],
    Next: `${AFTER}${id}`,
  };
}

/** Runs the nodes from the stop to the next; its result is the state from then on. */
function stepState(id: string, cause: StepInput['cause'], next: Next, { stepArn }: CompileOptions): State {
  const payload = {
    'entry.$': '$.entry',
    'leg.$': '$.leg',
    'n.$': '$.n',
    stop: id,
    cause,
    'enteredAt.$': '$$.State.EnteredTime',
  };
  const [only] = next.stops;
  const follow = isSeveral(next) ? { Next: `from ${id}` } : only === undefined ? { End: true } : { Next: only };
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke',
    Parameters: { FunctionName: stepArn, Payload: payload },
    OutputPath: '$.Payload',
    TimeoutSeconds: STEP_SECONDS,
    Retry: RETRY,
    Catch: [onLeft, onFailure],
    ...follow,
  };
}

/** By the name of the next stop. */
function choice(stops: string[], ends: boolean): State {
  const Choices = stops.map((stop) => ({ Variable: '$.next', StringEquals: stop, Next: stop }));
  return { Type: 'Choice', Choices, Default: ends ? LEFT : FAILED };
}

/** Without the states that nothing leads to. */
function reachable(states: Record<string, State>, start: string): Record<string, State> {
  const seen = new Set<string>();
  const open = [start];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const state = states[name];
    if (state === undefined || seen.has(name)) continue;
    seen.add(name);
    open.push(...targetsOf(state));
  }
  return Object.fromEntries(Object.entries(states).filter(([name]) => seen.has(name)));
}

/** Every state that a state names as following. */
export function targetsOf(state: State): string[] {
  const nested = [...asList(state.Choices), ...asList(state.Catch)].map((one) => one.Next);
  return [state.Next, state.Default, ...nested].filter((name) => typeof name === 'string');
}

const asList = (value: unknown): Record<string, unknown>[] => (Array.isArray(value) ? value : []);
