import type { LambdaClient } from '@aws-sdk/client-lambda';
import * as z from 'zod';
import { lazySchema } from '../../core/lazy-schema.ts';
import type { MjmlCompiler } from '../../engine/definitions/ports.ts';
import { invoke } from './invoke.ts';

/** Response of the function `compile-mjml`. */
const AnswerSchema = lazySchema(() =>
  z.union([
    z.object({ html: z.string() }),
    z.object({ errors: z.array(z.object({ message: z.string(), line: z.number().optional() })) }),
  ]),
);
/** Compiles MJML to HTML in the function that contains the compiler (3 MB). Liquid stays unchanged. */
export function mjmlCompiler(client: LambdaClient, functionName: string): MjmlCompiler {
  return {
    compile: async (mjml) => AnswerSchema.parse(await invoke(client, functionName, { mjml })),
  };
}
