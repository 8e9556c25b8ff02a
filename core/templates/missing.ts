import { RenderError } from './liquid.ts';

/** Most missing variables of one template that are looked for. Each costs a rendering. */
const MAX_MISSING = 30;
/**
 * An index further beyond the end of a list is put beside the list's elements instead of into it, so that no list with a billion holes is created.
 */
const MAX_GAP = 1_000;

/** Returns the rendered content, or the paths of all missing variables. @throws RenderError for any other fault */
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
      // If variables are missing, an empty result is their fault.
      if (path === undefined && missing.size > 0) return { missing: wholePaths(missing) };
      if (path === undefined || missing.has(path) || missing.size === MAX_MISSING) throw error;
      missing.add(path);
      // Only the named variable is added, so that the next try finds the next one.
      filled = filledAt(filled, path.split('.')) as Variables;
    }
  }
}

/** Drops `a` if it is only part of the path `a.b`. */
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
