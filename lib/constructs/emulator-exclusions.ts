/**
 * What the context flag `emulator` leaves out: the deploy test's emulator refuses a whole stack that holds one of these.
 * `docs/deploying.md` lists them; nothing else asks for the flag.
 */
export const EXCLUDED_FROM_EMULATOR = {
  'metric-math alarms': 'the emulator refuses alarms over expressions',
  'SMS configuration set': 'AWS::SMSVOICE::* is unknown to it',
} as const;
