import type { LambdaClient } from '@aws-sdk/client-lambda';
import * as z from 'zod';
import type { MjmlCompiler } from '../../engine/definitions/ports.ts';
import { invoke } from './invoke.ts';

/** What the function `compile-mjml` answers. */
const AnswerSchema = z.union([
  z.object({ html: z.string() }),
  z.object({ errors: z.array(z.object({ message: z.string(), line: z.number().optional() })) }),
]);
/** MJML → HTML by the function that carries the compiler (3 MB). Liquid passes through. */
export function mjmlCompiler(client: LambdaClient, functionName: string): MjmlCompiler {
  return {
    compile: async (mjml) => AnswerSchema.parse(await invoke(client, functionName, { mjml })),
  };
}
