import type { LambdaClient } from '@aws-sdk/client-lambda';
import { invoke } from '../../adapters/lambda/invoke.ts';
import { DomainError } from '../../engine/errors.ts';
import type { Imagining, Outcome } from '../../engine/simulation/imagine.ts';
import { payloadOf } from '../../engine/simulation/payload.ts';

/** Lambda takes 6 MB. */
const MAX_BYTES = 6_000_000;

/** A simulation, by the function that may call nothing. */
export const imaginer =
  (client: LambdaClient, functionName: string) =>
  async (input: Imagining): Promise<Outcome> => {
    const parcel = payloadOf(input);
    if (parcel.deflated.length > MAX_BYTES)
      throw new DomainError({ code: 'too-large', detail: 'This customer has too many events to simulate with.' });
    // Our own function's answer.
    return (await invoke(client, functionName, parcel)) as Outcome;
  };
