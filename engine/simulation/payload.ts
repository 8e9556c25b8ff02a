import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { DomainError } from '../errors.ts';
import type { Outcome, SimulationInput } from './run-simulation.ts';

/** Lambda's limit for a payload: 6 MB. */
const MAX_BYTES = 6_000_000;

/** Compressed payload: Lambda takes 6 MB, and three months of a customer's events are larger. */
export interface Payload {
  /** Base64. */
  deflated: string;
}

export const payloadOf = (input: SimulationInput): Payload => ({
  deflated: deflateRawSync(JSON.stringify(input), { level: 1 }).toString('base64'),
});

/** Inverse of `payloadOf`, which alone makes payloads. */
export const opened = ({ deflated }: Payload): SimulationInput =>
  JSON.parse(inflateRawSync(Buffer.from(deflated, 'base64')).toString()) as SimulationInput;

/** A simulation, by a function that may call nothing. */
export const runSimulationBy =
  (invoke: (payload: Payload) => Promise<unknown>) =>
  async (input: SimulationInput): Promise<Outcome> => {
    const payload = payloadOf(input);
    if (payload.deflated.length > MAX_BYTES)
      throw new DomainError({ code: 'too-large', detail: 'This customer has too many events to simulate with.' });
    // Our own function has returned this.
    return (await invoke(payload)) as Outcome;
  };
