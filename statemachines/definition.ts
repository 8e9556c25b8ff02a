/** A state machine in the Amazon States Language (JSONPath): https://states-language.net/spec.html */
export interface StateMachineDefinition {
  Comment: string;
  StartAt: string;
  States: Record<string, State>;
}
export type State = { Type: 'Task' | 'Wait' | 'Choice' | 'Succeed' | 'Fail'; [field: string]: unknown };

/** Every state that a state names as following. */
export function targetsOf(state: State): string[] {
  const nested = [...listOf(state.Choices), ...listOf(state.Catch)].map((one) => one.Next);
  return [state.Next, state.Default, ...nested].filter((name) => typeof name === 'string');
}

/** Names of the states that can be entered from `start`. */
export function reachableFrom(states: Record<string, State>, start: string): Set<string> {
  const seen = new Set<string>();
  const open = [start];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const state = states[name];
    if (state === undefined || seen.has(name)) continue;
    seen.add(name);
    open.push(...targetsOf(state));
  }
  return seen;
}

/** `Choices`, `Retry`, `Catch`: a list of objects, or nothing. */
export const listOf = (value: unknown): Record<string, unknown>[] => (Array.isArray(value) ? value : []);
