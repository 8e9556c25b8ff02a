import { listOf, type State } from './definition.ts';

/** Reads the states that we emit, for the embedded cloud's engine and for the simulation. JSONPath as far as we use it. */

/** Thrown for a path of a form that we do not emit. */
export class UnknownPathError extends Error {
  override readonly name = 'UnknownPathError';
}

/** `$.a.b` in the state's input, `$$.a.b` in its context. @throws UnknownPathError */
export function atPath(path: string, input: unknown, context: Record<string, unknown> = {}): unknown {
  const [root, ...keys] = path.split('.');
  if (root !== '$' && root !== '$$') throw new UnknownPathError(`the path ${path} is not interpreted here`);
  return keys.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    root === '$' ? input : context,
  );
}

/** `Parameters`: keys that end in `.$` are paths. */
export function filled(template: unknown, input: unknown, context: Record<string, unknown>): unknown {
  if (typeof template !== 'object' || template === null || Array.isArray(template)) return template;
  return Object.fromEntries(
    Object.entries(template).map(([key, value]) =>
      key.endsWith('.$')
        ? [key.slice(0, -2), atPath(String(value), input, context)]
        : [key, filled(value, input, context)],
    ),
  );
}

/** Where a Choice leads. */
export function chosen(state: State, data: unknown): string {
  const choice = listOf(state.Choices).find((one) => atPath(String(one.Variable), data) === one.StringEquals);
  return String(choice?.Next ?? state.Default);
}

/** Seconds that a Task may take at most. */
export function timeoutSeconds(state: State, data: unknown): number {
  if (state.TimeoutSeconds !== undefined) return Number(state.TimeoutSeconds);
  return state.TimeoutSecondsPath === undefined ? 99_999_999 : Number(atPath(String(state.TimeoutSecondsPath), data));
}

export const waitsForToken = (state: State): boolean => String(state.Resource).endsWith('.waitForTaskToken');

/** Returns the first `Retry` or `Catch` of a state that matches this error. https://states-language.net/spec.html#errors */
export function takerOf(field: 'Retry' | 'Catch', state: State, error: string): Record<string, unknown> | undefined {
  return listOf(state[field]).find(({ ErrorEquals }) => {
    const names = Array.isArray(ErrorEquals) ? ErrorEquals : [];
    return (
      names.includes(error) ||
      names.includes('States.ALL') ||
      (names.includes('States.TaskFailed') && error !== 'States.Timeout')
    );
  });
}
