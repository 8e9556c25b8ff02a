/** Every call has a timeout. The SDK's three attempts are for calls that may be repeated, which is all except those to providers. */
export const bounded = {
  maxAttempts: 3,
  // Without the flag the SDK only warns about a request that takes longer.
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
};

/**
 * One attempt, over a connection of its own: the other end may have closed an idle one while the instance was frozen, and whether it carried out the
 * request that comes over it is unknown.
 */
export const freshConnections = {
  maxAttempts: 1,
  requestHandler: { ...bounded.requestHandler, httpAgent: { keepAlive: false }, httpsAgent: { keepAlive: false } },
};

/** For provider clients: only the queue retries, or the SDK would send again after a timeout. */
export const once = { ...bounded, maxAttempts: 1 };
