/** Rates of reports, each with the count whose share of `sent` it is. */
export const RATES = ['delivered', 'opened', 'clicked', 'converted', 'unsubscribed', 'complained', 'bounced'] as const;
export type Rate = (typeof RATES)[number];
