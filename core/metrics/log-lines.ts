/** Messages of log lines that metric filters count: alarms depend on these words. */
export const EXPECTED_ERROR = 'task ended by an expected error';
export const RUN_PARKED = 'run parked: its execution was lost';
/** Not caused by the recipient, but by the sender's identity, a permission, or the push application. */
export const PROVIDER_REFUSED = 'the provider refused a request';
