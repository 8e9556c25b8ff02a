import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';

/** Invokes a function and waits for its answer (JSON; each way at most 6 MB); with `withinMs` so long at most, the SDK's repeats included. */
export async function invoke(
  client: LambdaClient,
  functionName: string,
  input: object,
  withinMs?: number,
): Promise<unknown> {
  const { Payload, FunctionError } = await client.send(
    new InvokeCommand({ FunctionName: functionName, Payload: Buffer.from(JSON.stringify(input)) }),
    withinMs === undefined ? {} : { abortSignal: AbortSignal.timeout(withinMs) },
  );
  const text = Payload === undefined ? '' : Buffer.from(Payload).toString('utf8');
  if (FunctionError !== undefined) throw new Error(`the function ${functionName} failed: ${text.slice(0, 500)}`);
  return JSON.parse(text);
}
