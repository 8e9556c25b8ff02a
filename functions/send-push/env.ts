import * as z from 'zod';
import { SenderEnvSchema } from '../../runtime/wiring/sending-env.ts';

export const EnvSchema = SenderEnvSchema.extend({ PINPOINT_APPLICATION_ID: z.string() });
