import { randomUUID } from 'node:crypto';
import { atPath, chosen, filled, takerOf, timeoutSeconds, waitsForToken } from '../../statemachines/interpret.ts';
import { FunctionError } from '../lambdas.ts';
import { type Definition, type Json, readDefinition, type State } from './definition.ts';
import type { EndedExecution, Execution } from './execution.ts';
import type { Journal } from './journal.ts';

interface Retrier {
  IntervalSeconds?: number;
  MaxAttempts?: number;
  BackoffRate?: number;
  MaxDelaySeconds?: number;
}

export interface Engine {
  define(name: string, definition: string): void;
  redefine(name: string, definition: string): boolean;
  undefine(name: string): void;
  machines(): { name: string; definition: string }[];
  start(machine: string, name: string, input: string): 'started' | 'exists' | 'unknown';
  stopExecution(arn: string): boolean;
  resolve(token: string): 'done' | 'gone';
  /** Those that run. */
  executions(): Iterable<Execution>;
  /** The newest of those that have ended. */
  ended(): Iterable<EndedExecution>;
  /** Something to do at this very instant. */
  isBusy(): boolean;
  /** How many have something to do at this very instant. */
  backlog(): number;
  /** Runs what is due; returns at once. */
  pump(): void;
  nextInstant(): number | undefined;
  transitions(): number;
  reset(): void;
  /** From now on nothing is done, nor kept. */
  stop(): void;
}

const MAX_CONCURRENCY = 12;
/** Executions that have ended and are remembered: so many that succeeded, and so many that did not, which `recover-lost-runs` looks through. AWS: 90 days. */
const MAX_ENDED = 10_000;
/** Forgotten at once. */
const LOT = 1_000;
export const arnOf = (kind: 'stateMachine' | 'execution', name: string): string =>
  `arn:aws:states:us-east-1:000000000000:${kind}:${name}`;

/** Step Functions on the cloud's clock: the subset of the States Language that Cairn emits. */
export function startEngine(options: {
  now: () => number;
  invoke: (arn: string, payload: unknown) => Promise<unknown>;
  onChange: () => void;
  onEnd: (execution: Execution) => void;
  journal: Journal;
}): Engine {
  const { now, journal } = options;
  const machines = new Map<string, { text: string; definition: Definition }>();
  const executions = new Map<string, Execution>();
  const succeeded = new Map<string, EndedExecution>();
  const others = new Map<string, EndedExecution>();
  const tokens = new Map<string, Execution>();
  const ready = new Set<Execution>();
  /** What rests until an instant. */
  const resting = new Set<Execution>();
  /** The first instant in `resting`, or an earlier one that is past; undefined: look. */
  let firstRest: number | undefined = Number.POSITIVE_INFINITY;
  let running = 0;
  let transitions = 0;
  let isStopped = false;

  for (const { name, definition } of journal.machines())
    machines.set(name, { text: definition, definition: readDefinition(definition) });
  for (const execution of journal.ended()) remember(execution);
  for (const execution of journal.executions()) {
    // An earlier version left them there.
    if (execution.status !== 'RUNNING') {
      journal.end(execution);
      remember(execution);
      continue;
    }
    executions.set(execution.arn, execution);
    if (execution.token !== undefined) tokens.set(execution.token, execution);
    // What was running when the process ended is done again, as a Lambda retry would.
    if (execution.phase === 'running' || execution.phase === 'ready') {
      execution.phase = 'ready';
      ready.add(execution);
    } else putToRest(execution);
  }

  function remember(execution: EndedExecution): void {
    const { arn, machine, name, status, startedAt, endedAt } = execution;
    const kept = status === 'SUCCEEDED' ? succeeded : others;
    kept.set(arn, { arn, machine, name, status, startedAt, endedAt });
    if (kept.size < MAX_ENDED + LOT) return;
    const oldest = [...kept.keys()].slice(0, LOT);
    for (const one of oldest) kept.delete(one);
    journal.forget(oldest);
  }

  function putToRest(execution: Execution): void {
    resting.add(execution);
    if (firstRest !== undefined) firstRest = Math.min(firstRest, execution.until ?? Number.POSITIVE_INFINITY);
  }

  function nextRest(): number {
    if (firstRest !== undefined) return firstRest;
    firstRest = Number.POSITIVE_INFINITY;
    for (const { until } of resting) firstRest = Math.min(firstRest, until ?? Number.POSITIVE_INFINITY);
    return firstRest;
  }

  function enter(execution: Execution, state: string, data: unknown): void {
    execution.state = state;
    execution.data = data;
    execution.enteredAt = now();
    execution.retries = 0;
    execution.transitions += 1;
    transitions += 1;
    execution.phase = 'ready';
    forgetToken(execution);
    ready.add(execution);
    journal.save(execution);
    options.onChange();
  }

  function forgetToken(execution: Execution): void {
    if (execution.token !== undefined) tokens.delete(execution.token);
    if (resting.delete(execution) && execution.until === firstRest) firstRest = undefined;
    execution.token = undefined;
    execution.until = undefined;
  }

  function end(execution: Execution, status: Execution['status']): void {
    if (execution.status !== 'RUNNING') return;
    forgetToken(execution);
    ready.delete(execution);
    execution.status = status;
    execution.endedAt = now();
    executions.delete(execution.arn);
    journal.end(execution);
    remember(execution);
    options.onEnd(execution);
    options.onChange();
  }

  const stateOf = (execution: Execution): State => {
    const state = machines.get(execution.machine)?.definition.States[execution.state];
    if (state === undefined) throw new Error(`${execution.machine} has no state ${execution.state}`);
    return state;
  };

  const contextOf = (execution: Execution, token: string | undefined): Json => ({
    Execution: { Id: execution.arn, Name: execution.name },
    State: {
      Name: execution.state,
      EnteredTime: new Date(execution.enteredAt).toISOString(),
      RetryCount: execution.retries,
    },
    Task: { Token: token },
  });

  function leave(execution: Execution, state: State, data: unknown): void {
    if (state.End === true) end(execution, 'SUCCEEDED');
    else enter(execution, String(state.Next), data);
  }

  function rest(execution: Execution, until: number, phase: 'until' | 'token'): void {
    execution.phase = phase;
    execution.until = until;
    putToRest(execution);
    journal.save(execution);
    options.onChange();
  }

  async function run(execution: Execution): Promise<void> {
    const state = stateOf(execution);
    switch (state.Type) {
      case 'Wait':
        return rest(execution, Date.parse(String(atPath(String(state.TimestampPath), execution.data))), 'until');
      case 'Choice':
        return enter(execution, chosen(state, execution.data), execution.data);
      case 'Succeed':
        return end(execution, 'SUCCEEDED');
      case 'Fail':
        return end(execution, 'FAILED');
      default:
        return task(execution, state);
    }
  }

  async function task(execution: Execution, state: State): Promise<void> {
    const waits = waitsForToken(state);
    const token = waits ? randomUUID() : undefined;
    const { FunctionName, Payload } = filled(state.Parameters, execution.data, contextOf(execution, token)) as {
      FunctionName: string;
      Payload: unknown;
    };
    const { enteredAt, transitions: entered } = execution;
    const hasGoneOn = () =>
      isStopped || execution.status !== 'RUNNING' || execution.transitions !== entered || execution.phase !== 'running';
    if (token !== undefined) {
      // The token counts from now on: it may be resolved while the function still runs.
      execution.token = token;
      tokens.set(token, execution);
    }
    try {
      const result = await options.invoke(FunctionName, Payload);
      // Resolved, stopped or otherwise gone on meanwhile.
      if (hasGoneOn()) return;
      if (token !== undefined) {
        if (execution.token === token)
          rest(execution, enteredAt + timeoutSeconds(state, execution.data) * 1000, 'token');
        return;
      }
      leave(execution, state, state.OutputPath === '$.Payload' ? result : execution.data);
    } catch (error) {
      if (hasGoneOn()) return;
      fail(execution, state, error instanceof FunctionError ? error.errorType : 'States.TaskFailed');
    }
  }

  function fail(execution: Execution, state: State, error: string): void {
    forgetToken(execution);
    const retrier: Retrier | undefined = takerOf('Retry', state, error);
    if (retrier !== undefined && execution.retries < (retrier.MaxAttempts ?? 3)) {
      const delay = Math.min(
        (retrier.IntervalSeconds ?? 1) * (retrier.BackoffRate ?? 2) ** execution.retries,
        retrier.MaxDelaySeconds ?? 86_400,
      );
      execution.retries += 1;
      rest(execution, now() + delay * 1000, 'until');
      return;
    }
    const catcher = takerOf('Catch', state, error);
    if (catcher !== undefined) enter(execution, String(catcher.Next), execution.data);
    else end(execution, 'FAILED');
  }

  /** A Wait has passed, a retry is due, or a token's time is over. */
  function expire(execution: Execution): void {
    const state = stateOf(execution);
    if (execution.phase === 'token') fail(execution, state, 'States.Timeout');
    else if (state.Type === 'Wait') leave(execution, state, execution.data);
    else {
      execution.phase = 'ready';
      resting.delete(execution);
      firstRest = undefined;
      ready.add(execution);
    }
  }

  function pump(): void {
    if (isStopped) return;
    const at = now();
    if (nextRest() <= at)
      for (const execution of resting) if (execution.until !== undefined && execution.until <= at) expire(execution);
    for (const execution of ready) {
      if (running >= MAX_CONCURRENCY) return;
      ready.delete(execution);
      execution.phase = 'running';
      running += 1;
      void run(execution)
        .catch((error: unknown) => {
          if (isStopped) return;
          console.error(`execution ${execution.name} failed:`, error);
          end(execution, 'FAILED');
        })
        .finally(() => {
          running -= 1;
          options.onChange();
        });
    }
  }

  return {
    define(name, text) {
      const definition = readDefinition(text);
      machines.set(name, { text, definition });
      journal.define(name, text);
    },
    redefine(name, text) {
      if (!machines.has(name)) return false;
      this.define(name, text);
      return true;
    },
    undefine(name) {
      machines.delete(name);
      journal.undefine(name);
      for (const execution of executions.values()) if (execution.machine === name) end(execution, 'ABORTED');
    },
    machines: () => [...machines].map(([name, { text }]) => ({ name, definition: text })),
    start(machine, name, input) {
      const definition = machines.get(machine)?.definition;
      if (definition === undefined) return 'unknown';
      const arn = arnOf('execution', `${machine}:${name}`);
      if (executions.has(arn) || succeeded.has(arn) || others.has(arn)) return 'exists';
      const execution: Execution = {
        arn,
        machine,
        name,
        input,
        status: 'RUNNING',
        state: definition.StartAt,
        data: JSON.parse(input),
        enteredAt: now(),
        retries: 0,
        phase: 'ready',
        transitions: 0,
        startedAt: now(),
      };
      executions.set(arn, execution);
      enter(execution, definition.StartAt, execution.data);
      return 'started';
    },
    stopExecution(arn) {
      const execution = executions.get(arn);
      if (execution !== undefined) end(execution, 'ABORTED');
      return execution !== undefined || succeeded.has(arn) || others.has(arn);
    },
    resolve(token) {
      const execution = tokens.get(token);
      if (execution?.status !== 'RUNNING') return 'gone';
      const state = stateOf(execution);
      forgetToken(execution);
      leave(execution, state, execution.data);
      return 'done';
    },
    executions: () => executions.values(),
    *ended() {
      yield* succeeded.values();
      yield* others.values();
    },
    isBusy: () => running > 0 || ready.size > 0 || nextRest() <= now(),
    backlog() {
      let due = 0;
      if (nextRest() <= now()) for (const { until } of resting) if (until !== undefined && until <= now()) due += 1;
      return running + ready.size + due;
    },
    pump,
    nextInstant() {
      const next = nextRest();
      return Number.isFinite(next) ? next : undefined;
    },
    transitions: () => transitions,
    reset() {
      // What a function still does for one of them comes to nothing.
      for (const execution of executions.values()) execution.status = 'ABORTED';
      for (const map of [machines, executions, succeeded, others, tokens]) map.clear();
      ready.clear();
      resting.clear();
      firstRest = Number.POSITIVE_INFINITY;
      transitions = 0;
      journal.reset();
    },
    stop() {
      isStopped = true;
    },
  };
}
