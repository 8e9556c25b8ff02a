import type { Occurrence } from '../../core/campaigns/occurrence.ts';

/** What has become of the recipients of an occurrence: each is in exactly one of them. */
export interface Messages {
  waiting: number;
  deferred: number;
  held: number;
  sent: number;
  suppressed: Record<string, number>;
  failed: Record<string, number>;
  unknown: number;
}

export interface VariantTally {
  name: string;
  recipients: number;
  sent: number;
  opened: number;
  clicked: number;
  converted: number;
  /** In minor units. */
  revenue: number;
}

/** Counts of an occurrence, as they are now. */
export type Tally = (occurrence: Occurrence) => Promise<{ messages: Messages; variants: VariantTally[] }>;
