import * as z from 'zod';

const lines = z
  .string()
  .default('')
  .transform((text) => text.split('\n').filter((line) => line !== ''));

/** Variables of the functions that check who an email is from; one to a line. */
export const EMAIL_IDENTITIES_SHAPE = {
  /** `address` or `Name <address>`. */
  EMAIL_SENDERS: lines,
  /** Verified addresses and domains. */
  EMAIL_IDENTITIES: lines,
};
