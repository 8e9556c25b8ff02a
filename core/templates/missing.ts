import { RenderError } from './liquid.ts';

/** Of one template; more are not looked for. Each costs a rendering. */
const MAX_MISSING = 30;
/** An index farther behind the end of a list is put beside the list's elements, not into it: a list of a billion holes helps nobody. */
const MAX_GAP = 1_000;

/** What is rendered, or the paths of all variables that are not there. @throws RenderError for any other fault */
export function renderOrMissing<Variables extends object, Rendered>(
  variables: Variables,
  render: (variables: Variables) => Rendered,
): { rendered: Rendered } | { missing: string[] } {
  const missing = new Set<string>();
  for (let filled = variables; ; ) {
    try {
      const rendered = render(filled);
      return missing.size === 0 ? { rendered } : { missing: wholePaths(missing) };
    } catch (error) {
      const path = error instanceof RenderError ? error.missing : undefined;
      // What is empty without a missing variable is so for want of it.
      if (path === undefined && missing.size > 0) return { missing: wholePaths(missing) };
      if (path === undefined || missing.has(path) || missing.size === MAX_MISSING) throw error;
      missing.add(path);
      // Only what is named is added, so that the next try stumbles over the next one.
      filled = filledAt(filled, path.split('.')) as Variables;
    }
  }
}

/** `a` is only the way to `a.b`. */
const wholePaths = (paths: Set<string>): string[] =>
  [...paths].filter((path) => ![...paths].some((other) => other.startsWith(`${path}.`)));

function filledAt(value: unknown, [name, ...rest]: string[]): unknown {
  if (name === undefined) return '';
  if (Array.isArray(value) && Number(name) < value.length + MAX_GAP) {
    return Object.assign([...value], { [name]: filledAt(value[Number(name)], rest) });
  }
  const own = typeof value === 'object' && value !== null ? value : {};
  const inner: unknown = Object.hasOwn(own, name) ? Reflect.get(own, name) : undefined;
  return { ...own, [name]: filledAt(inner, rest) };
}
