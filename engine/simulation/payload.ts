import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Imagining } from './imagine.ts';

/** What is handed over, deflated: Lambda takes 6 MB, and three months of a customer's events are more. */
export interface Payload {
  /** Base64. */
  deflated: string;
}

export const payloadOf = (input: Imagining): Payload => ({
  deflated: deflateRawSync(JSON.stringify(input), { level: 1 }).toString('base64'),
});

/** Inverse of `parcelOf`, which alone makes parcels. */
export const opened = ({ deflated }: Payload): Imagining =>
  JSON.parse(inflateRawSync(Buffer.from(deflated, 'base64')).toString()) as Imagining;
