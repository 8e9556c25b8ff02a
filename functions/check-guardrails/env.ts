import * as z from 'zod';
import { PausingEnvSchema } from '../../runtime/wiring/pausing-env.ts';

export const EnvSchema = PausingEnvSchema.extend({ METRICS_TABLE: z.string(), METRICS_NAMESPACE: z.string() });
