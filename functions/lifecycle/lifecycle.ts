import type { Head, Version } from '../../core/catalog/definition.ts';
import { journeys } from '../../core/catalog/kinds/journey.ts';
import { requireHead } from '../shared/definitions/read-definition.ts';
import { refreshRules } from '../shared/definitions/refresh-rules.ts';
import { type View, viewOf } from '../shared/definitions/view.ts';
import { etagOf, requirePreconditions } from '../shared/http/preconditions.ts';
import type { Caller } from '../shared/http/roles.ts';
import { ProblemError } from '../shared/problem.ts';
import type { Deps } from './deps.ts';

const MOST_ATTEMPTS = 10;

/** A journey as a verb finds it. */
export interface Found {
  id: string;
  head: Head;
  /** The newest. */
  version: Version<'journeys'>;
}

export interface Verb {
  deps: Deps;
  id: string;
  caller: Caller;
  headers: Record<string, string | undefined>;
  /** Names the call, through all of its repeats under one `Idempotency-Key`. */
  intent: string;
}

export interface Changed {
  view: View;
  etag: string;
  /** Id of the job that carries out what is left. */
  job?: string;
}

/**
 * Moves a journey's head by one verb: `next` judges what is there (throws a 409 where the state is wrong) and says what shall be; it is called
 * anew when somebody else's verb came first, so what it does besides must be repeatable.
 */
export async function move(verb: Verb, next: (found: Found) => Promise<Head>): Promise<Changed> {
  const { deps, id } = verb;
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
    const head = await requireHead(deps, 'journeys', id);
    requirePreconditions(verb.headers, etagOf(head.rev));
    const version = await deps.definitions.version('journeys', id, head.latest);
    if (version === undefined) throw new Error(`journeys/${id} has lost its version ${head.latest}`);
    const moved = { ...(await next({ id, head, version })), rev: head.rev + 1 };
    if (await deps.definitions.commitHead('journeys', id, head.rev, moved)) {
      return { view: viewOf({ kind: 'journeys', id }, moved, moved.latest, version), etag: etagOf(moved.rev) };
    }
  }
  throw new ProblemError({ type: 'conflict', detail: 'Others change this journey at the same time; try again.' });
}

/** 409 unless the newest version is in one of these states. */
export function requireStatus({ head }: Found, verb: string, ...allowed: Head['status'][]): void {
  if (allowed.includes(head.status)) return;
  throw wrongState(`Only ${allowed.join(' or ')} journeys can be ${verb}; this one is ${head.status}.`);
}

export const wrongState = (detail: string): ProblemError => new ProblemError({ type: 'conflict', detail });

/** Brings the live rules up to the journey's head. */
export const goLive = (deps: Deps, id: string): Promise<void> => refreshRules(deps, journeys, id);
