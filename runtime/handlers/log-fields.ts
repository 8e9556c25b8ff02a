/** Names in log lines of fields in payloads: our own keys and ids, which reveal nothing about a person. */
const NAMES = { profile: 'profile', entry: 'run', leg: 'leg', n: 'step', message: 'messageId', job: 'job' } as const;

/** Returns the profile, run, message or job of a payload. A message of a journey has its run in `source`. */
export function logFieldsOf(payload: unknown): Record<string, unknown> {
  if (typeof payload !== 'object' || payload === null) return {};
  const given = payload as Record<string, unknown>;
  const { run } = (given.source ?? {}) as { run?: unknown };
  const named = Object.entries(NAMES).map(([key, name]) => [name, given[key]] as const);
  return Object.fromEntries([['run', run], ...named].filter(([, value]) => isId(value)));
}

const isId = (value: unknown): boolean => typeof value === 'string' || typeof value === 'number';
