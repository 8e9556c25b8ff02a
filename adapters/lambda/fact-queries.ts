import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { FactQueries, FactQuery } from '../../engine/results/ports.ts';
import { invoke } from './invoke.ts';

/** Asks the data lake in the function `query-facts`, which has the engine. */
export const factQueries = (client: LambdaClient, functionName: string): FactQueries => ({
  ask: async <Row>(question: FactQuery) => (await invoke(client, functionName, question)) as Row[], // as that function of the same deployment returns it
});
