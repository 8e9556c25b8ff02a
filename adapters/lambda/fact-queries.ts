import type { LambdaClient } from '@aws-sdk/client-lambda';
import { DomainError } from '../../engine/errors.ts';
import type { FactQueries, FactQuery } from '../../engine/results/ports.ts';
import { invoke } from './invoke.ts';

/** Less than a function of the API has, so that it says itself what is the matter; and the SDK asks no second time what took too long. */
const WITHIN_MS = 25_000;
/** As the SDK names a request that was given up, by whomever. */
const GIVEN_UP = new Set(['AbortError', 'TimeoutError']);

/** Asks the data lake in the function `query-facts`, which has the engine. */
export const factQueries = (client: LambdaClient, functionName: string, withinMs = WITHIN_MS): FactQueries => ({
  ask: async <Row>(question: FactQuery) => {
    try {
      return (await invoke(client, functionName, question, withinMs)) as Row[]; // as that function of the same deployment returns it
    } catch (error) {
      if (!(error instanceof Error && GIVEN_UP.has(error.name))) throw error;
      throw new DomainError({
        code: 'unavailable',
        detail: 'The answer takes too long. Ask for fewer days, or again in a minute.',
        retryAfterSeconds: 60,
      });
    }
  },
});
