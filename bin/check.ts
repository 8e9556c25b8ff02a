import { spawn } from 'node:child_process';

/** `npm run check`: types, lint and format, at the same time. Exits with 1 if one of them finds a fault. */
const CHECKS: [string, string[]][] = [
  // One checker: more of them check the same types again, and the linter needs the other core.
  ['tsc', ['--noEmit', '--checkers', '1']],
  ['biome', ['check', '.']],
];

/** The command's exit code. Its output is printed as a whole, so that two do not mix. */
function run(command: string, parameters: string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const output: Buffer[] = [];
    // npm puts the project's own commands on the path.
    const child = spawn(command, parameters, { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      process.stdout.write(Buffer.concat(output));
      resolve(code ?? 1);
    });
  });
}

const codes = await Promise.all(CHECKS.map(([command, parameters]) => run(command, parameters)));
process.exitCode = codes.every((code) => code === 0) ? 0 : 1;
