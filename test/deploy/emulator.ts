import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { LOCAL_STAGE } from '../../lib/config.ts';
import { ROOT } from '../../lib/sources.ts';

const run = promisify(execFile);
export const VENV = join(ROOT, '.venv');
const PYTHON = join(VENV, 'bin', 'python');
/** `ministack` with what it needs to check JWTs. */
const PACKAGES = ['ministack==1.5.33', 'cryptography'];
const READY_MS = 30_000;

export interface Emulator {
  url: string;
  /** Folder outside the project that everything it writes goes to. */
  folder: string;
  /** Environment with which the CLI and the tests' own calls reach the emulator. */
  environment: Record<string, string>;
  log(): Promise<string>;
  stop(): Promise<void>;
}

/** Installs packages from PyPI into a virtual environment of the project's own, where they are not there yet. */
export async function installPython(packages: string[]): Promise<void> {
  if (!existsSync(join(VENV, 'bin', 'pip'))) await run('python3', ['-m', 'venv', VENV]);
  await run(PYTHON, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages], {
    maxBuffer: 1 << 24,
  });
}

export const installEmulator = (): Promise<void> => installPython(PACKAGES);

/** Starts it on 127.0.0.1; its environment is what every function inherits, hence nothing of ours. */
export async function startEmulator(port: number, providers: string): Promise<Emulator> {
  const folder = await mkdtemp(join(tmpdir(), 'cairn-deploy-'));
  await mkdir(join(folder, 'home'));
  const log = await open(join(folder, 'emulator.log'), 'w');
  const url = `http://127.0.0.1:${port}`;
  const child: ChildProcess = spawn(PYTHON, ['-m', 'ministack'], {
    cwd: folder,
    stdio: ['ignore', log.fd, log.fd],
    env: {
      HOME: join(folder, 'home'),
      PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
      TMPDIR: folder,
      GATEWAY_PORT: String(port),
      BIND_HOST: '127.0.0.1',
      S3_DATA_DIR: join(folder, 's3'),
      STATE_DIR: join(folder, 'state'),
      PERSIST_STATE: '0',
      LOG_LEVEL: 'WARNING',
      LAMBDA_WARM_TTL_SECONDS: '20',
      AWS_ENDPOINT_URL_PINPOINT: providers,
      AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2: providers,
    },
  });
  await ready(url);
  return {
    url,
    folder,
    environment: {
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REGION: 'us-east-1',
      CDK_DEFAULT_ACCOUNT: '000000000000',
      CDK_DEFAULT_REGION: 'us-east-1',
    },
    log: () => readFile(join(folder, 'emulator.log'), 'utf8'),
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 5_000))]);
      if (child.exitCode === null) child.kill('SIGKILL');
      await log.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function ready(url: string): Promise<void> {
  const deadline = Date.now() + READY_MS;
  while (Date.now() < deadline) {
    const answer = await fetch(`${url}/_ministack/ready`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the emulator is not ready after ${READY_MS} ms`);
}

/** The real CLI against the emulator; its outputs by stack. */
export async function deploy(emulator: Emulator): Promise<Record<string, Record<string, string>>> {
  const out = join(emulator.folder, 'outputs.json');
  const common = ['-c', `stage=${LOCAL_STAGE}`, '-c', 'emulator=true', '--output', join(emulator.folder, 'cdk.out')];
  await cdk(emulator, ['bootstrap', ...common]);
  await cdk(emulator, ['deploy', '--all', '--require-approval', 'never', '--outputs-file', out, ...common]);
  return JSON.parse(await readFile(out, 'utf8')) as Record<string, Record<string, string>>;
}

async function cdk(emulator: Emulator, args: string[]): Promise<void> {
  try {
    await run(join(ROOT, 'node_modules', '.bin', 'cdk'), args, {
      cwd: ROOT,
      env: { ...process.env, WITHOUT_NATIVE_PACKAGES: '1', ...emulator.environment },
      maxBuffer: 1 << 26,
      timeout: 300_000,
    });
  } catch (error) {
    const said =
      typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr) : String(error);
    throw new Error(`cdk ${args[0]} failed:\n${said.split('\n').slice(-40).join('\n')}`);
  }
}
