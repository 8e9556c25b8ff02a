import * as z from 'zod';
import { lazySchema } from '../../../core/lazy-schema.ts';

/** Position in a cursor: for each key that a customer has had, where its list continues. */
export const RunCursorSchema = lazySchema(() => z.record(z.string(), z.record(z.string(), z.unknown()).nullable()));
