/** Rates of reports: each is the count of this name as a share of `sent`. */
export const RATES = ['delivered', 'opened', 'clicked', 'converted', 'unsubscribed', 'complained', 'bounced'] as const;
export type Rate = (typeof RATES)[number];
