import type { FactQuery } from '../../engine/results/ports.ts';
import { queryFacts } from '../../engine/results/query-facts.ts';
import { taskHandler } from '../../runtime/handlers/task-handler.ts';
import { lakeOf } from '../../runtime/wiring/lake.ts';
import { EnvSchema } from './env.ts';

/** Invoked by whoever asks the data lake, by the name of a question. It writes nothing. */
export const handler = taskHandler({
  env: EnvSchema,
  build: lakeOf,
  handle: (deps, question: FactQuery) => queryFacts(deps, question),
});
