import { QUERIES } from '../../core/results/sql/registry.ts';
import { KeptAnswers } from './kept-answers.ts';
import type { FactQuery } from './ports.ts';
import { type LakeDeps, withFacts } from './with-facts.ts';

/** Less than Lambda returns. */
const MAX_BYTES = 5_000_000;

/** Answers a question by its name, to whoever is not in this function. */
export async function queryFacts(deps: LakeDeps, question: FactQuery): Promise<object[]> {
  const answer = await answerOf(deps, question);
  const bytes = Buffer.byteLength(JSON.stringify(answer));
  if (bytes > MAX_BYTES) throw new Error(`the answer to ${question.query} has ${bytes} bytes`);
  return answer;
}

/** The same in this function, whatever its size. */
export async function answerOf(deps: LakeDeps, question: FactQuery): Promise<object[]> {
  const query = Object.hasOwn(QUERIES, question.query) ? QUERIES[question.query] : undefined;
  if (query === undefined) throw new Error(`the lake knows no question ${question.query}`);
  const asked = question as never; // whoever asks by this name has asked it in full
  const days = query.days(asked);
  // What is written meanwhile may be in the answer already; the next list has its file.
  const key = deps.answers && KeptAnswers.keyOf(question, await deps.lake.list(days));
  const kept = key && deps.answers?.get(key);
  if (kept) return kept;
  const rows = await withFacts(deps, days, (facts) => facts.rows(query.statement(asked)));
  const answer = query.reduce?.(rows as never[], asked) ?? rows;
  if (key) deps.answers?.set(key, answer);
  return answer;
}
