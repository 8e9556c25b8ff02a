/**
 * Resources that the context flag `emulator` leaves out: the deploy test's emulator refuses a whole stack that contains one of them.
 * `docs/deploying.md` lists them; nothing else uses the flag.
 */
export const EXCLUDED_FROM_EMULATOR = {
  'metric-math alarms': 'the emulator refuses alarms over expressions',
  'SMS configuration set': 'AWS::SMSVOICE::* is unknown to it',
} as const;
