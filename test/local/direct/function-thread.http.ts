import { describe, expect, it } from 'vitest';
import { buildAssembly } from '../../../local/assembly.ts';
import { startLambdas } from '../../../local/lambdas.ts';
import { startTables } from '../../../local/tables.ts';
import type { Template } from '../../../local/template.ts';
import { credentials, none } from './both-ways.ts';

describe("a function's thread", () => {
  it.each([true, false])('refuses what no policy of its role allows; directly: %s', async (isDirect) => {
    const template = await buildAssembly();
    const of = template.of.bind(template);
    const withoutPolicies: Template = Object.assign(Object.create(template) as Template, {
      of: (type: string) => (type === 'AWS::IAM::Policy' ? [] : of(type)),
    });
    const tables = await startTables(template, { credentials, onBroken: none });
    const start = (one: Template) => {
      return startLambdas({
        template: one,
        onMetrics: none,
        clock: { shared: undefined },
        shared: {
          AWS_REGION: 'us-east-1',
          AWS_ACCESS_KEY_ID: credentials.accessKeyId,
          AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
          // Where it is asked directly, nothing listens there.
          AWS_ENDPOINT_URL_DYNAMODB: isDirect ? 'http://127.0.0.1:1' : tables.url,
        },
        queueUrl: (name) => `http://127.0.0.1:1/000000000000/${name}`,
        pointerMaxAgeMs: 0,
        connect: () => {
          const dynamodb = isDirect ? tables.connect() : undefined;
          return dynamodb === undefined ? {} : { dynamodb };
        },
        onDone: none,
      });
    };
    const [allowed, refused] = [start(template), start(withoutPolicies)];
    await expect(allowed.invoke('cairn-dispatch-due', {})).resolves.not.toThrow();
    await expect(refused.invoke('cairn-dispatch-due', {})).rejects.toMatchObject({
      errorType: 'AccessDeniedException',
      message: expect.stringContaining('cairn-dispatch-due is not authorized to perform: dynamodb:Query') as string,
    });
    await Promise.all([allowed.stop(), refused.stop()]);
    await tables.stop();
  });
});
