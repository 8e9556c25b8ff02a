import { compileMjml } from '../../adapters/mjml/compile-mjml.ts';
import type { MjmlAnswer } from '../../engine/definitions/ports.ts';
import { taskHandler } from '../../runtime/handlers/task-handler.ts';
import { EnvSchema } from './env.ts';

interface Request {
  mjml: string;
}

/** Invoked by `admin-api` when a template is defined. */
export const handler = taskHandler({
  env: EnvSchema,
  build: () => undefined,
  handle: (_deps, { mjml }: Request): Promise<MjmlAnswer> => compileMjml(mjml),
});
