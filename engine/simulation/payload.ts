import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { DomainError } from '../errors.ts';
import type { Imagining, Outcome } from './imagine.ts';

/** Lambda's limit for a payload: 6 MB. */
const MAX_BYTES = 6_000_000;

/** Compressed payload: Lambda takes 6 MB, and three months of a customer's events are larger. */
export interface Payload {
  /** Base64. */
  deflated: string;
}

export const payloadOf = (input: Imagining): Payload => ({
  deflated: deflateRawSync(JSON.stringify(input), { level: 1 }).toString('base64'),
});

/** Inverse of `payloadOf`, which alone makes payloads. */
export const opened = ({ deflated }: Payload): Imagining =>
  JSON.parse(inflateRawSync(Buffer.from(deflated, 'base64')).toString()) as Imagining;

/** A simulation, by a function that may call nothing. */
export const imagineBy =
  (invoke: (payload: Payload) => Promise<unknown>) =>
  async (input: Imagining): Promise<Outcome> => {
    const payload = payloadOf(input);
    if (payload.deflated.length > MAX_BYTES)
      throw new DomainError({ code: 'too-large', detail: 'This customer has too many events to simulate with.' });
    // Our own function has returned this.
    return (await invoke(payload)) as Outcome;
  };
