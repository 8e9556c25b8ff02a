import * as z from 'zod';

/** What customers choose messages by: part of consent keys such as `sms:offers`. */
export const TopicIdSchema = z
  .string()
  .max(64)
  .regex(/^\S(?:.*\S)?$/s, 'must not be empty, nor begin or end with a blank');
