import * as z from 'zod';

/** Customers choose messages by topic. Its id is part of consent keys such as `sms:offers`. */
export const TopicIdSchema = z
  .string()
  .max(64)
  .regex(/^\S(?:.*\S)?$/s, 'must not be empty, nor begin or end with a blank');
