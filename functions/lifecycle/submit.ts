import type { Head } from '../../core/catalog/definition.ts';
import { journeys } from '../../core/catalog/kinds/journey.ts';
import type { Pins } from '../../core/catalog/snapshot.ts';
import { checkReferences } from '../../core/journeys/check.ts';
import type { Journey } from '../../core/journeys/schema.ts';
import { type CheckDeps, checkView } from '../shared/definitions/check.ts';
import { invalid } from '../shared/http/validation.ts';
import { startsItself } from './journey-loops.ts';
import { type Changed, type Found, move, requireStatus, type Verb } from './lifecycle.ts';

/** draft → submitted: what cannot work is refused, and the newest version of all that it names is pinned. */
export function submit(verb: Verb): Promise<Changed> {
  return move(verb, async (found) => {
    requireStatus(found, 'submitted', 'draft');
    return submitted(verb.deps, found);
  });
}

/** The head with the pins of this moment; 422 where the journey cannot work. */
export async function submitted(deps: CheckDeps, { id, head, version }: Found): Promise<Head> {
  const journey = version.definition;
  const view = await checkView(deps, journeys, journey);
  const errors = [...checkReferences(id, journey, view).errors, ...(await startsItself(deps, id, journey))];
  if (errors.length > 0) throw invalid('The journey cannot work.', errors);
  const { approver: _approver, ...rest } = head;
  return { ...rest, status: 'submitted', pins: await pinsOf(deps, journey) };
}

async function pinsOf(deps: Pick<CheckDeps, 'definitions'>, journey: Journey): Promise<Pins> {
  const pins: Pins = { templates: {}, journeys: {} };
  for (const { kind, id } of journeys.references(journey)) {
    if (kind !== 'templates' && kind !== 'journeys') continue;
    const head = await deps.definitions.head(kind, id);
    if (head !== undefined && !head.deleted) pins[kind][id] = head.latest;
  }
  return pins;
}
