import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const imports = (from: string) => `import { a } from '${from}';\n\nexport const b = a;\n`;
const typeOf = (from: string) => `import type { a } from '${from}';\n\nexport type b = a;\n`;
const REFUSED = [
  ['core/a.ts', imports('@aws-sdk/client-sqs')],
  ['core/b.ts', imports('aws-cdk-lib/aws-sqs')],
  ['core/c.ts', imports('node:fs/promises')],
  ['core/conditions/d.ts', imports('../../runtime/env.ts')],
  ['core/i.ts', imports('../engine/runs/deps.ts')],
  ['core/j.ts', imports('../adapters/dynamo/runs.ts')],
  ['core/e.ts', imports('../lib/config.ts')],
  ['core/f.ts', 'export const region = process.env.AWS_REGION;\n'],
  ['core/g.ts', 'export const now = (): number => Date.now();\n'],
  ['core/h.ts', 'export const now = (): Date => new Date();\n'],
  ['statemachines/a.ts', imports('@aws-sdk/client-sfn')],
  ['statemachines/b.ts', imports('../local/clock.ts')],
  ['functions/process-events/a.ts', imports('aws-cdk-lib')],
  ['functions/process-events/b.ts', imports('../../lib/config.ts')],
  ['functions/process-events/c.ts', imports('../../local/clock.ts')],
  ['functions/process-events/d.ts', 'export const region = process.env.AWS_REGION;\n'],
  ['engine/runs/a.ts', imports('@aws-sdk/client-sqs')],
  ['engine/runs/b.ts', imports('aws-cdk-lib')],
  ['engine/runs/c.ts', 'export const region = process.env.AWS_REGION;\n'],
  ['engine/runs/d.ts', imports('../../functions/advance-run/handler.ts')],
  ['engine/runs/e.ts', imports('../../adapters/dynamo/runs.ts')],
  ['engine/runs/f.ts', typeOf('../../adapters/dynamo/runs.ts')],
  ['engine/runs/g.ts', imports('../../runtime/log.ts')],
  ['engine/runs/h.ts', typeOf('../../runtime/http/dependencies.ts')],
  ['engine/runs/i.ts', typeOf('aws-lambda')],
  ['adapters/a.ts', imports('../functions/advance-run/env.ts')],
  ['adapters/b.ts', imports('../lib/config.ts')],
  ['adapters/c.ts', imports('../runtime/log.ts')],
  ['adapters/d.ts', imports('../engine/runs/start-run.ts')],
  ['adapters/dynamo/e.ts', typeOf('../../engine/messages/deps.ts')],
  ['functions/process-events/e.ts', imports('../../adapters/dynamo/runs.ts')],
  ['functions/profiles-api/routes/a.ts', typeOf('../../../adapters/dynamo/runs.ts')],
  ['functions/profiles-api/dependencies.ts', imports('../../lib/config.ts')],
  ['engine/circle/a.ts', typeOf('./b.ts')],
  ['engine/circle/b.ts', typeOf('./a.ts')],
  ['core/circle/a.ts', imports('./b.ts')],
  ['core/circle/b.ts', imports('./a.ts')],
  ['runtime/a.ts', imports('../functions/advance-run/handler.ts')],
  ['runtime/c.ts', typeOf('../functions/advance-run/env.ts')],
  ['runtime/b.ts', imports('../local/clock.ts')],
  ['lib/stacks/c.ts', imports('../../engine/runs/deps.ts')],
  ['lib/stacks/a.ts', imports('../../functions/process-events/handler.ts')],
  ['lib/stacks/b.ts', imports('../../local/clock.ts')],
] as const;
const TAKEN = [
  ['core/conditions/y.ts', imports('../ids.ts')],
  ['core/z.ts', imports('zod')],
  ['statemachines/z.ts', imports('../core/ids.ts')],
  ['functions/process-events/z.ts', imports('../../core/ids.ts')],
  ['engine/runs/z.ts', imports('../../core/ids.ts')],
  ['engine/runs/y.ts', imports('../errors.ts')],
  ['adapters/z.ts', imports('@aws-sdk/client-sqs')],
  ['adapters/dynamo/x.ts', typeOf('../../engine/runs/ports.ts')],
  ['adapters/dynamo/y.ts', typeOf('../../engine/ports.ts')],
  ['functions/ingest/handler.ts', imports('../../adapters/dynamo/runs.ts')],
  ['functions/ingest/dependencies.ts', imports('../../adapters/dynamo/runs.ts')],
  ['runtime/z.ts', imports('../engine/runs/start-run.ts')],
  ['lib/stacks/z.ts', imports('../../functions/process-events/env.ts')],
] as const;

const functionOf = (lines: number, parameters: number): string => {
  const names = Array.from({ length: parameters }, (_, index) => `_p${index}: number`);
  const body = Array.from({ length: lines - 2 }, () => '  console.log(1);\n');
  return `export function f(${names.join(', ')}): void {\n${body.join('')}}\n`;
};
const SOURCES = ['core', 'statemachines', 'engine', 'adapters', 'runtime', 'functions', 'lib', 'local', 'bin', 'bench'];
const TOO_LARGE = SOURCES.flatMap((area) => [
  [`${area}/long.ts`, functionOf(63, 0)],
  [`${area}/wide.ts`, functionOf(3, 6)],
]) as [string, string][];
const LARGE_ENOUGH = [
  ['local/large.ts', functionOf(60, 5)],
  // Suites hold many tests.
  ['test/local/long.test.ts', functionOf(200, 0)],
] as [string, string][];
const FILES = [...REFUSED, ...TAKEN, ...TOO_LARGE, ...LARGE_ENOUGH];

const folder = mkdtempSync(join(tmpdir(), 'cairn-'));
let refused: Set<string>;

/** The project's own rules over a project of nothing but these files. */
beforeAll(() => {
  for (const file of ['biome.json', '.biome', '.gitignore']) cpSync(file, join(folder, file), { recursive: true });
  for (const [file, text] of FILES) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  const { stdout } = spawnSync(
    resolve('node_modules/.bin/biome'),
    ['lint', '--reporter=json', '--max-diagnostics=none'],
    {
      cwd: folder,
      encoding: 'utf8',
    },
  );
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { severity: string; location: { path: unknown } }[] };
  const files = FILES.map(([file]) => file);
  refused = new Set(
    diagnostics
      .filter(({ severity }) => severity === 'error')
      .flatMap(({ location }) => files.filter((file) => JSON.stringify(location.path).includes(file))),
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

test.each(REFUSED)('the linter refuses in %s: %s', (file) => {
  expect(refused).toContain(file);
});

test.each(TAKEN)('the linter takes in %s: %s', (file) => {
  expect(refused).not.toContain(file);
});

test.each(TOO_LARGE.map(([file]) => file))('the linter refuses functions over 60 lines or 5 parameters: %s', (file) => {
  expect(refused).toContain(file);
});

test.each(LARGE_ENOUGH.map(([file]) => file))(
  'the linter takes functions of 60 lines and 5 parameters, and longer tests: %s',
  (file) => {
    expect(refused).not.toContain(file);
  },
);
