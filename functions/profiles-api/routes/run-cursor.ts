import * as z from 'zod';

/** Position in a cursor: for each key that a customer has had, where its list continues. */
export const RunCursorSchema = z.record(z.string(), z.record(z.string(), z.unknown()).nullable());
