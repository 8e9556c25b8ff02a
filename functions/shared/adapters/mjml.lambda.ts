import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import * as z from 'zod';

/** What the function `mjml` answers. */
const AnswerSchema = z.union([
  z.object({ html: z.string() }),
  z.object({ errors: z.array(z.object({ message: z.string(), line: z.number().optional() })) }),
]);
export type MjmlAnswer = z.infer<typeof AnswerSchema>;

export type MjmlCompiler = ReturnType<typeof mjmlCompiler>;

/** MJML → HTML by the function that carries the compiler (3 MB). Liquid passes through. */
export function mjmlCompiler(client: LambdaClient, functionName: string) {
  return {
    async compile(mjml: string): Promise<MjmlAnswer> {
      const { Payload, FunctionError } = await client.send(
        new InvokeCommand({ FunctionName: functionName, Payload: Buffer.from(JSON.stringify({ mjml })) }),
      );
      const text = Payload === undefined ? '' : Buffer.from(Payload).toString('utf8');
      if (FunctionError !== undefined) throw new Error(`the function ${functionName} failed: ${text.slice(0, 500)}`);
      return AnswerSchema.parse(JSON.parse(text));
    },
  };
}
