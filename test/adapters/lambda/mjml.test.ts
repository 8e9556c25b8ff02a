import { InvokeCommand, LambdaClient, TooManyRequestsException } from '@aws-sdk/client-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { mjmlCompiler } from '../../../adapters/lambda/mjml.ts';

const client = new LambdaClient({ region: 'us-east-1' });
const lambda = mockClient(client);
const { compile } = mjmlCompiler(client, 'cairn-compile-mjml');

beforeEach(() => lambda.reset());

/** As the SDK hands a payload on: bytes that know how to be text. */
const payload = (text: string) =>
  Object.assign(new TextEncoder().encode(text), { transformToString: () => text }) as Uint8Array<ArrayBuffer> & {
    transformToString(): string;
  };
const answers = (answer: unknown, FunctionError?: string) =>
  lambda.on(InvokeCommand).resolves({
    StatusCode: 200,
    Payload: payload(JSON.stringify(answer)),
    ...(FunctionError === undefined ? {} : { FunctionError }),
  });

describe('MJML is compiled', () => {
  it('by the function, which is waited for, and Liquid and all characters pass through', async () => {
    const mjml = '<mjml><mj-text>{{ profile.name }}，你好 😀</mj-text></mjml>';
    answers({ html: '<p>{{ profile.name }}，你好 😀</p>' });
    expect(await compile(mjml)).toEqual({ html: '<p>{{ profile.name }}，你好 😀</p>' });
    const [input] = lambda.commandCalls(InvokeCommand).map(({ args }) => args[0].input);
    expect(input?.FunctionName).toBe('cairn-compile-mjml');
    expect(input?.InvocationType ?? 'RequestResponse').toBe('RequestResponse');
    expect(JSON.parse(Buffer.from((input?.Payload ?? '') as Uint8Array).toString('utf8'))).toEqual({ mjml });
  });

  it('or its errors are returned, with their lines where they have one', async () => {
    const errors = [{ message: 'Element mj-txt does not exist', line: 3 }, { message: 'no mj-body' }];
    answers({ errors });
    expect(await compile('<mjml/>')).toEqual({ errors });
  });
});

describe('what the function did not compile is no answer', () => {
  it.each(['Unhandled', 'Handled'])('where it threw (%s), though Lambda says 200', async (kind) => {
    answers({ errorType: 'RangeError', errorMessage: 'Maximum call stack size exceeded', html: '' }, kind);
    await expect(compile('<mjml/>')).rejects.toThrow(/cairn-compile-mjml.*Maximum call stack size exceeded/);
  });

  it('where it was throttled', async () => {
    const throttled = new TooManyRequestsException({ message: 'Rate Exceeded.', $metadata: { httpStatusCode: 429 } });
    lambda.on(InvokeCommand).rejects(throttled);
    await expect(compile('<mjml/>')).rejects.toBe(throttled);
  });

  it.each([null, {}, { html: 7 }, { errors: 'many' }])('where it said %j', async (answer) => {
    answers(answer);
    await expect(compile('<mjml/>')).rejects.toThrow();
  });

  it('where it said nothing', async () => {
    lambda.on(InvokeCommand).resolves({ StatusCode: 200 });
    await expect(compile('<mjml/>')).rejects.toThrow();
  });
});
