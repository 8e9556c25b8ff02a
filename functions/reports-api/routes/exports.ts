import * as z from 'zod';
import { CHANNELS } from '../../../core/channels/registry.ts';
import { DefinitionIdSchema } from '../../../core/definition-id.ts';
import { EXPORT_FORMATS, EXPORTED, type ExportSpec } from '../../../core/jobs/export-spec.ts';
import { lazySchema } from '../../../core/lazy-schema.ts';
import { REPORT_SCOPES } from '../../../core/metrics/cells.ts';
import { spanOfDates } from '../../../core/time/local.ts';
import { invalidAt } from '../../../engine/errors.ts';
import { startExport } from '../../../engine/jobs/start-job.ts';
import { DaySchema, daysOf } from './days.ts';
import { route } from './route.ts';

const ExportSchema = lazySchema(() =>
  z.strictObject({
    of: z.enum(EXPORTED, 'must be messages or conversions: events and profiles are not exported'),
    scope: z
      .string()
      .max(80)
      .optional()
      .describe('only what belongs to `campaign:<id>`, `journey:<id>`, `channel:<name>` or `template:<id>`'),
    from: DaySchema.describe('first day of sending, in the settings’ timezone'),
    to: DaySchema.describe('last day'),
    format: z.enum(EXPORT_FORMATS),
  }),
);

/** @throws DomainError if it is none */
function scopeOf(text: string | undefined): ExportSpec['scope'] {
  if (text === undefined) return undefined;
  const [name, id = '', ...more] = text.split(':');
  const kind = REPORT_SCOPES.find((one) => one === name);
  const isKnown =
    kind === 'channel' ? CHANNELS.some((channel) => channel === id) : DefinitionIdSchema.safeParse(id).success;
  if (kind === undefined || more.length > 0 || !isKnown)
    throw invalidAt('/scope', 'must be campaign:<id>, journey:<id>, channel:<name> or template:<id>');
  return { kind, id };
}

export const exportRoute = route({
  method: 'POST',
  path: '/v1/exports',
  role: 'marketer',
  status: 202,
  operationId: 'createExport',
  summary: 'Export facts of messages or conversions to a file',
  description:
    'Starts a job; `GET /v1/jobs/{id}` has a link to the file once it is done. Rows are facts of the data lake, and belong to the day on which their message was sent.',
  body: ExportSchema,
  response: () => z.object({ job: z.string() }),
  handle: async (deps, { body, caller, intent }) => {
    const { timezone } = (await deps.catalog.snapshot()).snapshot.settings;
    const { from, to } = daysOf(body, timezone, deps.clock(), '');
    const scope = scopeOf(body.scope);
    const { of, format } = body;
    const spec = { of, format, ...spanOfDates(from, to, timezone), ...(scope === undefined ? {} : { scope }) };
    const { id } = await startExport(deps, spec, { by: caller.sub, cause: intent });
    return { body: { job: id } };
  },
});
