/** Messages of log lines that metric filters count: the alarms hang on these words. */
export const EXPECTED_ERROR = 'task ended by an expected error';
export const RUN_PARKED = 'run parked: its execution was lost';
/** Not for whom a message goes to: its sender's identity, a permission, the application of push. */
export const PROVIDER_REFUSED = 'the provider refused a request';
