import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Imagining } from './imagine.ts';

/** What is handed over, deflated: Lambda takes 6 MB, and three months of a customer's events are more. */
export interface Parcel {
  /** Base64. */
  deflated: string;
}

export const parcelOf = (input: Imagining): Parcel => ({
  deflated: deflateRawSync(JSON.stringify(input), { level: 1 }).toString('base64'),
});

/** Inverse of `parcelOf`, which alone makes parcels. */
export const opened = ({ deflated }: Parcel): Imagining =>
  JSON.parse(inflateRawSync(Buffer.from(deflated, 'base64')).toString()) as Imagining;
