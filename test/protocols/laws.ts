import { RESOLVED_BY, resultOf } from '../../core/journeys/run-data.ts';
import type { Claim, Run } from '../../core/runs/run.ts';
import { unpack } from '../../functions/shared/adapters/packed.ts';
import type { Item } from './expressions.ts';
import type { Watch } from './memory.ts';
import { TABLES } from './tables.ts';

/** What must hold of every single write, whatever happens; a write that breaks it is an error where it is made. */
export function laws(): Watch {
  const counted = new Map<string, string>();
  return (table, before, after) => {
    if (table === TABLES.runs) ofRun(before, after);
    if (table !== TABLES.profiles) return;
    if (after?.sk === '#ACTIVITY' || before?.sk === '#ACTIVITY') ofActivity(counted, before, after);
    if (String(before?.sk).startsWith('TAG#')) {
      demand(after !== undefined && Number(after.v) > Number(before?.v), 'a membership goes back', before, after);
    }
  };
}

function demand(holds: boolean, law: string, before: Item | undefined, after: Item | undefined): void {
  if (!holds) throw new Error(`${law}: ${JSON.stringify({ before, after })}`);
}

/** A run is created once, closed once, and leaves each stop once, by the way that was claimed. */
function ofRun(before: Item | undefined, after: Item | undefined): void {
  const law = (holds: boolean, text: string) => demand(holds, text, before, after);
  law(after !== undefined, 'a run is removed');
  if (after === undefined) return;
  if (before === undefined) {
    law(after.status === 'entering' || after.status === 'closed', 'a run begins in its midst');
    return;
  }
  law(before.status !== 'closed', 'a closed run is written');
  const [step, leg] = [Number(after.step) - Number(before.step), Number(after.leg) - Number(before.leg)];
  law(
    (step === 0 && leg === 0) || (step === 1 && (leg === 0 || leg === 1)),
    'a stop is left twice, or one is passed over',
  );
  law(before.status === 'open' || leg === 1 || step === 0, 'a run walks that is not open');
  law(after.status !== 'parked' || typeof after.dueAt === 'number', 'a parked run is never looked for');
  law(after.token === undefined || after.status === 'open', 'a run that is not open has a token');
  if (step === 0) {
    ofRest(before, after);
    return;
  }
  law(after.claim === undefined && after.token === undefined, 'a claim or a token outlives its stop');
  const claim = before.claim === undefined ? undefined : unpack<Claim>(before.claim);
  if (claim === undefined || claim.way.kind === 'timeout') return;
  law(
    resultOf(unpack<Run['data']>(after.data), RESOLVED_BY) === claim.by,
    'a stop is left by another way than was claimed',
  );
}

function ofRest(before: Item, after: Item): void {
  const isOver = after.status === 'closed' || after.status === 'parked';
  const isKept = before.claim === undefined || JSON.stringify(before.claim) === JSON.stringify(after.claim);
  demand(isOver || isKept, 'a claim changes', before, after);
  const [was, is] = [before.token as Run['token'], after.token as Run['token']];
  demand(!was || !is || was.leg < is.leg || was.attempt <= is.attempt, 'an older token comes back', before, after);
}

/** Each commit is the next, and each message counts in one. */
function ofActivity(counted: Map<string, string>, before: Item | undefined, after: Item | undefined): void {
  demand(after !== undefined, 'an activity is removed', before, after);
  if (after === undefined) return;
  demand(Number(after.version) === Number(before?.version ?? 0) + 1, 'a commit is lost', before, after);
  demand(
    before?.mergedInto === undefined || before.mergedInto === after.mergedInto,
    'a merge is undone',
    before,
    after,
  );
  if (mergedFrom(after) > mergedFrom(before)) return;
  const known = new Set(hashesOf(before));
  for (const id of hashesOf(after).filter((one) => !known.has(one))) {
    demand(!counted.has(id), `a message counts twice (before in ${counted.get(id)})`, before, after);
    counted.set(id, `${after.pk} v${after.version}`);
  }
}

const mergedFrom = (item: Item | undefined): number =>
  item === undefined ? 0 : unpack<{ mergedFrom: string[] }>(item.body).mergedFrom.length;

const hashesOf = (item: Item | undefined): string[] =>
  item?.ids === undefined
    ? []
    : (Buffer.from(item.ids as Uint8Array)
        .toString('hex')
        .match(/.{12}/g) ?? []);
