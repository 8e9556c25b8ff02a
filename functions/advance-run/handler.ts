import { advanceRun } from '../../engine/runs/advance-run.ts';
import { isRunLeft } from '../../engine/runs/deps.ts';
import { taskHandler } from '../../runtime/handlers/task-handler.ts';
import { runDeps } from '../../runtime/wiring/runs.ts';
import { EnvSchema } from './env.ts';

/** Task state of a journey's machine: retried with the same input. */
export const handler = taskHandler({ env: EnvSchema, build: runDeps, handle: advanceRun, isExpected: isRunLeft });
