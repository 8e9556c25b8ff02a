/** MB of a function that somebody waits for: an app, a marketer, or the customer of an event that starts a message. */
const AWAITED_MB = 512;
/** MB of the others: they peak below 160 MB, and cost 16 to 21 % less than with 512. */
const BACKGROUND_MB = 256;

/** MB of functions that hold an audience: a million lines are some 500 MB, read and parsed in one invocation; of one that evaluates a thousand customers while somebody waits; and of
 * the engine of the data lake, which reads a million facts on nearly two processors. */
const LARGE: Record<string, number> = {
  'run-campaign': 2_048,
  'plan-campaign': 1_769,
  'query-facts': 3_008,
  'maintain-lake': 3_008,
};

/** `docs/decisions/0093-memory-by-measurement.md`, measured by `npm run bench memory`. */
export const BACKGROUND = [
  'advance-run',
  'check-guardrails',
  'delete-state-machines',
  'dispatch-due',
  'feedback',
  'handle-failed-execution',
  'mail-reports',
  'pause-channel',
  'process-due-profiles',
  'record-metrics',
  'recover-lost-runs',
  'register-task-token',
  'stop-executions',
  'webhook',
];

/** Memory of the function in this folder under `functions/`. */
export const memoryMbOf = (name: string): number =>
  LARGE[name] ?? (BACKGROUND.includes(name) ? BACKGROUND_MB : AWAITED_MB);
