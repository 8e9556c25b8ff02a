import mjml2html from 'mjml';
import { taskHandler } from '../shared/handlers/task-handler.ts';
import { EnvSchema } from './env.ts';

interface Request {
  mjml: string;
}
type Answer = { html: string } | { errors: { message: string; line?: number }[] };

/** Invoked by `api` when a template is defined: MJML → HTML. Liquid passes through and is rendered at sending. No file is read. */
export const handler = taskHandler({
  env: EnvSchema,
  build: () => undefined,
  handle: async (_deps, { mjml }: Request): Promise<Answer> => {
    try {
      const { html, errors } = await mjml2html(mjml, { validationLevel: 'soft', ignoreIncludes: true });
      if (errors.length === 0) return { html };
      return { errors: errors.map(({ message, line }) => ({ message, line })) };
    } catch (error) {
      return { errors: [{ message: error instanceof Error ? error.message : String(error) }] };
    }
  },
});
