import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { logger, withLogFields } from '../../runtime/log.ts';
import { written } from './written.ts';

beforeEach(() => {
  for (const name of ['AWS_LAMBDA_LOG_LEVEL', 'LOG_LEVEL', '_X_AMZN_TRACE_ID']) vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_LAMBDA_FUNCTION_NAME', 'cairn-send-email');
});
afterEach(() => vi.unstubAllEnvs());

describe('a log line', () => {
  test('is one line of JSON with a level and a timestamp as Lambda reads them', async () => {
    const [line] = await written(() => logger.warn('a template could not be rendered', { template: 'welcome' }));
    expect(line).toEqual({
      level: 'warn',
      message: 'a template could not be rendered',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      function: 'cairn-send-email',
      template: 'welcome',
    });
  });

  test('carries what the calls around it are about, each its own', async () => {
    const lines = await written(() =>
      withLogFields({ requestId: 'r1' }, () =>
        Promise.all(
          ['a', 'b'].map((profile) =>
            withLogFields({ profile }, async () => {
              await delay(profile === 'a' ? 5 : 1);
              logger.warn('late', { leg: 2 });
            }),
          ),
        ),
      ),
    );
    expect(lines).toMatchObject([
      { requestId: 'r1', profile: 'b', leg: 2 },
      { requestId: 'r1', profile: 'a', leg: 2 },
    ]);
  });

  test('shows an error with its stack, its cause and the request id of AWS', async () => {
    const refused = Object.assign(new Error('Rate exceeded', { cause: new RangeError('too many') }), {
      name: 'ThrottlingException',
      $metadata: { requestId: 'aws-1', httpStatusCode: 400 },
      $response: { body: 'somebody@example.com' },
    });
    const [line] = await written(() => logger.error('task failed', { error: refused }));
    expect(line?.error).toEqual({
      name: 'ThrottlingException',
      message: 'Rate exceeded',
      stack: expect.stringContaining('log.test.ts:'),
      cause: { name: 'RangeError', message: 'too many', stack: expect.any(String) },
      awsRequestId: 'aws-1',
    });
  });

  test('that a metric counts is written at any level: its alarm would be blind', async () => {
    vi.stubEnv('LOG_LEVEL', 'error');
    expect(await written(() => logger.info('task ended by an expected error'))).toHaveLength(1);
  });

  test.each([
    // As the stacks set them: Lambda itself would drop metrics above info.
    [{ AWS_LAMBDA_LOG_LEVEL: 'INFO', LOG_LEVEL: 'warn' }, ['warn', 'error']],
    [{ AWS_LAMBDA_LOG_LEVEL: 'ERROR', LOG_LEVEL: 'debug' }, ['error']],
    [{ AWS_LAMBDA_LOG_LEVEL: 'DEBUG' }, ['debug', 'info', 'warn', 'error']],
    [{ LOG_LEVEL: 'warn' }, ['warn', 'error']],
    [{ LOG_LEVEL: 'loud' }, ['info', 'warn', 'error']],
    [{}, ['info', 'warn', 'error']],
  ])('is written from the level of %j', async (variables, expected) => {
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    const lines = await written(() => {
      for (const level of ['debug', 'info', 'warn', 'error'] as const) logger[level]('said');
    });
    expect(lines.map(({ level }) => level)).toEqual(expected);
  });

  test.each([
    [
      'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1',
      '1-5759e988-bd862e3fe1be46a994272793',
    ],
    ['Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0', undefined],
    [undefined, undefined],
  ])('names the trace that X-Ray keeps: %s', async (header, traceId) => {
    vi.stubEnv('_X_AMZN_TRACE_ID', header);
    const [line] = await written(() => logger.info('said'));
    expect(line?.traceId).toBe(traceId);
  });
});
