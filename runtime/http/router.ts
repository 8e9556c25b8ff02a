import type { Route } from './route.ts';

interface Compiled<Deps> {
  route: Route<Deps>;
  pattern: RegExp;
  names: string[];
}

export type Router<Deps> = ReturnType<typeof router<Deps>>;

/** Finds the route of a request: of several matches, the one with the most literal segments, then the one without a greedy parameter. */
export function router<Deps>(routes: readonly Route<Deps>[]) {
  const compiled = [...routes].sort((a, b) => weight(b.path) - weight(a.path)).map(compile);

  return {
    find(method: string, path: string): { route: Route<Deps>; params: Record<string, string> } | undefined {
      for (const { route, pattern, names } of compiled) {
        const match = route.method === method ? pattern.exec(path) : null;
        if (match)
          return {
            route,
            params: Object.fromEntries(names.map((name, index) => [name, decoded(match[index + 1] ?? '')])),
          };
      }
      return undefined;
    },
  };
}

const weight = (path: string): number =>
  path.split('/').filter((segment) => !segment.startsWith('{')).length * 2 - (path.includes('+}') ? 1 : 0);

function compile<Deps>(route: Route<Deps>): Compiled<Deps> {
  const names: string[] = [];
  const source = route.path
    .split('/')
    .map((segment) => {
      const name = /^\{([a-z]+)(\+?)\}$/i.exec(segment);
      if (!name) return segment.replaceAll('.', '\\.');
      names.push(name[1] ?? '');
      return name[2] === '+' ? '(.+)' : '([^/]+)';
    })
    .join('/');
  return { route, names, pattern: new RegExp(`^${source}$`) };
}

/** HTTP APIs pass the path decoded, others as it was sent: an id with an invalid encoding stays unchanged. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
