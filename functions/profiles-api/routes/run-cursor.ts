import * as z from 'zod';

/** As a cursor holds them: for each key that a customer has had, where its list goes on. */
export const RunCursorSchema = z.record(z.string(), z.record(z.string(), z.unknown()).nullable());
