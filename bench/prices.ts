/** List prices of us-east-1 in US dollars, late 2026, without free tiers. docs: aws.amazon.com/<service>/pricing. */
export const PRICES = {
  /** Per unit. */
  write: 0.625e-6,
  read: 0.125e-6,
  sqs: 0.4e-6,
  sqsFifo: 0.5e-6,
  transition: 25e-6,
  objectPut: 5e-6,
  objectGet: 0.4e-6,
  httpRequest: 1e-6,
  invocation: 0.2e-6,
  /** arm64, per GB and second. */
  gbSecond: 0.0000133334,
} as const;
