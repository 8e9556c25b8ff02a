import { taskHandler } from '../shared/handlers/task-handler.ts';
import { isRunLeft } from '../shared/runs/deps.ts';
import { runDeps } from '../shared/runs/wire.ts';
import { EnvSchema } from './env.ts';
import { step } from './step.ts';

/** Task state of a journey's machine: retried with the same input. */
export const handler = taskHandler({ env: EnvSchema, build: runDeps, handle: step, isExpected: isRunLeft });
