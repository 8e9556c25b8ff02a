import { END, type NextStops, restOf } from '../core/journeys/graph.ts';
import { type JourneyNode, typeOf } from '../core/journeys/nodes/registry.ts';
import type { ExecutionState, RegisterTokenInput, StepInput } from '../core/runs/run.ts';
import { durationMs } from '../core/time/duration.ts';
import type { State } from './definition.ts';

export interface Functions {
  advanceRunArn: string;
  registerTaskTokenArn: string;
}

/**
 * Names that no node can have, because ids contain neither capitals nor spaces. With an id's 63 characters, all are within the 80 that AWS allows.
 */
export const START = 'Which stop first';
export const DONE = 'Done';
export const LEFT = 'The run was left';
export const FAILED = 'The run lost its execution';
const afterOf = (stop: string): string => `after ${stop}`;
const timeoutOf = (stop: string): string => `after ${stop} (timeout)`;
const fromOf = (stop: string): string => `from ${stop}`;

/** Lambda's temporary faults, and all others that a retry may resolve: a repeated step executes its plan again. */
const RETRY = {
  ErrorEquals: ['States.ALL'],
  IntervalSeconds: 2,
  MaxAttempts: 8,
  BackoffRate: 2,
  MaxDelaySeconds: 300,
  JitterStrategy: 'FULL',
};
const noRetryOf = (...errors: string[]) => ({ ErrorEquals: errors, MaxAttempts: 0 });
const STEP_SECONDS = 60;
/** The longest that AWS takes; executions end at one year anyway, and the run goes on in its next leg. */
const MAX_SECONDS = 99_999_999;
/** Nodes named in a comment. */
const MAX_NAMED = 12;

const onLeft = { ErrorEquals: ['RunLeft'], ResultPath: null, Next: LEFT };
const onFailure = { ErrorEquals: ['States.ALL'], ResultPath: null, Next: FAILED };

/** Returns the state of a stop, the Task that leaves it, and a Choice if several stops may follow. */
export function statesOf(
  id: string,
  node: JourneyNode,
  next: NextStops,
  mayBeFirst: boolean,
  functions: Functions,
): Record<string, State> {
  const choices = isSeveral(next) ? { [fromOf(id)]: choice(next.stops, next.ends) } : {};
  if (restOf(node) === 'clock') {
    return { [id]: waitState(id, node), [afterOf(id)]: stepState(id, 'wait', next, functions), ...choices };
  }
  return {
    [id]: tokenState(id, node, mayBeFirst, functions),
    [afterOf(id)]: stepState(id, 'token', next, functions),
    [timeoutOf(id)]: stepState(id, 'timeout', next, functions),
    ...choices,
  };
}

/** Final states of a state machine without a rest, and of all others. */
export const endings = (rests: boolean): Record<string, State> =>
  rests
    ? {
        [LEFT]: { Type: 'Succeed', Comment: 'Ended, closed, parked or on another leg: the run item has decided.' },
        [FAILED]: {
          Type: 'Fail',
          Error: 'StepFailed',
          Cause: 'A step failed beyond its retries; the run is parked for its next leg.',
        },
      }
    : { [DONE]: { Type: 'Succeed', Comment: 'This journey never rests: its runs end as they are enrolled.' } };

/** Chooses the next state by the name of the next stop. An unknown name fails the execution, and never silently ends the customer's journey. */
export function choice(stops: string[], ends: boolean): State {
  const ways = [...stops.map((stop) => [stop, stop] as const), ...(ends ? [[END, LEFT] as const] : [])];
  const Choices = ways.map(([next, Next]) => ({ Variable: field('next'), StringEquals: next, Next }));
  return { Type: 'Choice', Choices, Default: FAILED };
}

const isSeveral = ({ stops, ends }: NextStops): boolean => stops.length + (ends ? 1 : 0) > 1;

function waitState(id: string, node: JourneyNode): State {
  return { Type: 'Wait', Comment: commentOf(node), TimestampPath: field('until'), Next: afterOf(id) };
}

const commentOf = (node: JourneyNode): string => {
  const rest = typeOf(node).rest?.(node);
  const until = typeof rest === 'string' ? `for ${rest}` : `until ${JSON.stringify(rest)}`;
  return restOf(node) === 'event' ? `Rests for an event, at most ${until}` : `Rests ${until}`;
};

/** Rests with a token until an event resolves it or it times out. The timeout is literal if it is the same for every run. */
function tokenState(id: string, node: JourneyNode, mayBeFirst: boolean, { registerTaskTokenArn }: Functions): State {
  const rest = mayBeFirst ? undefined : typeOf(node).rest?.(node);
  const timeout =
    typeof rest === 'string' ? { TimeoutSeconds: secondsOf(rest) } : { TimeoutSecondsPath: field('seconds') };
  return {
    Type: 'Task',
    Comment: commentOf(node),
    Resource: `${invokeArn(registerTaskTokenArn)}.waitForTaskToken`,
    Parameters: {
      FunctionName: registerTaskTokenArn,
      Payload: payload<RegisterTokenInput>({
        entry: field('entry'),
        leg: field('leg'),
        n: field('n'),
        stop: id,
        token: '$$.Task.Token',
        attempt: '$$.State.RetryCount',
      }),
    },
    ...timeout,
    ResultPath: null,
    // The timeout belongs to the journey and is no fault.
    Retry: [noRetryOf('RunLeft', 'States.Timeout'), RETRY],
    Catch: [{ ErrorEquals: ['States.Timeout'], ResultPath: null, Next: timeoutOf(id) }, onLeft, onFailure],
    Next: afterOf(id),
  };
}

/** Step Functions' own integration, in the function's partition (`aws`, `aws-cn`, `aws-us-gov`). */
const invokeArn = (functionArn: string): string => `arn:${functionArn.split(':')[1]}:states:::lambda:invoke`;

const secondsOf = (duration: string): number =>
  Math.min(MAX_SECONDS, Math.max(1, Math.ceil(durationMs(duration) / 1000)));

/** Runs the nodes from the stop to the next; its result is the state from then on. */
function stepState(id: string, cause: StepInput['cause'], next: NextStops, { advanceRunArn }: Functions): State {
  const [only] = next.stops;
  const follow = isSeveral(next) ? { Next: fromOf(id) } : only === undefined ? { End: true } : { Next: only };
  return {
    Type: 'Task',
    Comment: passedComment(next.passes),
    Resource: invokeArn(advanceRunArn),
    Parameters: {
      FunctionName: advanceRunArn,
      Payload: payload<StepInput>({
        entry: field('entry'),
        leg: field('leg'),
        n: field('n'),
        stop: id,
        cause,
        enteredAt: '$$.State.EnteredTime',
      }),
    },
    OutputPath: '$.Payload',
    TimeoutSeconds: STEP_SECONDS,
    Retry: [noRetryOf('RunLeft'), RETRY],
    Catch: [onLeft, onFailure],
    ...follow,
  };
}

function passedComment(passes: string[]): string {
  if (passes.length === 0) return 'Goes straight on';
  const more = passes.length > MAX_NAMED ? ` and ${passes.length - MAX_NAMED} more` : '';
  return `Runs what it comes to of ${passes.slice(0, MAX_NAMED).join(', ')}${more}`;
}

/** A path into the state's input, which is an ExecutionState. */
const field = (name: keyof ExecutionState): string => `$.${name}`;

/** All fields of a function's input; a value that begins with `$` is a path (a node's id never does). */
const payload = <Input>(fields: Record<keyof Input, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries<string>(fields).map(([name, value]) => [value.startsWith('$') ? `${name}.$` : name, value]),
  );
