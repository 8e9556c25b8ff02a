import * as z from 'zod';
import { CHANNELS } from '../../../core/channels/registry.ts';
import { DefinitionIdSchema } from '../../../core/definition-id.ts';
import {
  ANY_TIME,
  EXPORT_FORMATS,
  EXPORT_SCOPES,
  EXPORTED,
  type Exported,
  type ExportScope,
  type ExportSpec,
} from '../../../core/jobs/export-spec.ts';
import { lazySchema } from '../../../core/lazy-schema.ts';
import { localDate, spanOfDates } from '../../../core/time/local.ts';
import { invalidAt } from '../../../engine/errors.ts';
import { startExport } from '../../../engine/jobs/start-job.ts';
import type { Deps } from '../dependencies.ts';
import { DaySchema, daysOf } from './days.ts';
import { route } from './route.ts';

const ExportSchema = lazySchema(() =>
  z.strictObject({
    of: z
      .enum(EXPORTED)
      .describe(
        '`messages` and `conversions`: facts of the data lake; `flow`: every step of everybody in a campaign or journey; `profiles`: customers as they are; `events`: those of the last 90 days',
      ),
    scope: z
      .string()
      .max(80)
      .optional()
      .describe(
        'of messages and conversions `campaign:<id>`, `journey:<id>`, `channel:<name>` or `template:<id>`; a flow needs `campaign:<id>` or `journey:<id>`; of profiles `segment:<id>`, `tag:<id>` or `list:<id>`; events have none',
      ),
    from: DaySchema.optional().describe(
      'first day, in the settings’ timezone: of the sending of messages, of events and steps, of the latest event of profiles. A flow and profiles need none',
    ),
    to: DaySchema.optional().describe('last day'),
    format: z.enum(EXPORT_FORMATS),
  }),
);
type Asked = z.infer<typeof ExportSchema>;

const NAMES: Partial<Record<ExportScope, string>> = { channel: 'channel:<name>' };
const listed = (of: Exported): string => {
  const names = EXPORT_SCOPES[of].map((kind) => NAMES[kind] ?? `${kind}:<id>`);
  return names.length > 1 ? `${names.slice(0, -1).join(', ')} or ${names.at(-1)}` : names.join('');
};

/** @throws DomainError if it is none that this export can have, or lacks */
function scopeOf({ of, scope: text }: Pick<Asked, 'of' | 'scope'>): ExportSpec['scope'] {
  if (text === undefined) {
    if (of === 'flow') throw invalidAt('/scope', `must be ${listed(of)}`);
    return undefined;
  }
  if (EXPORT_SCOPES[of].length === 0) throw invalidAt('/scope', 'events have no scope');
  const [name, id = '', ...more] = text.split(':');
  const kind = EXPORT_SCOPES[of].find((one: ExportScope) => one === name);
  const isKnown =
    kind === 'channel' ? CHANNELS.some((channel) => channel === id) : DefinitionIdSchema.safeParse(id).success;
  if (kind === undefined || more.length > 0 || !isKnown) throw invalidAt('/scope', `must be ${listed(of)}`);
  return { kind, id };
}

/** Days that are not named are all: of a flow, since the first version of its definition. */
async function spanOf(
  deps: Deps,
  asked: Asked,
  { scope, timezone }: { scope: ExportSpec['scope']; timezone: string },
): Promise<Pick<ExportSpec, 'from' | 'to'>> {
  const { of } = asked;
  if (of === 'profiles' && asked.from === undefined && asked.to === undefined) return ANY_TIME;
  for (const name of ['from', 'to'] as const)
    if (asked[name] === undefined && of !== 'flow') throw invalidAt(`/${name}`, 'is missing');
  const now = deps.clock();
  const { from, to, earliest, asked: begin } = daysOf(asked, timezone, now, '');
  if (scope === undefined || of !== 'flow' || begin !== undefined) return spanOfDates(from, to, timezone);
  const kind = scope.kind === 'campaign' ? 'campaigns' : 'journeys';
  const first = (await deps.definitions.version(kind, scope.id, 1))?.at;
  const [, since = earliest] = [earliest, localDate(first ?? 0, timezone)].toSorted();
  const [begins = to] = [since, to].toSorted();
  return spanOfDates(begins, to, timezone);
}

const LISTING = { segment: 'segments', tag: 'tags', list: 'lists' } as const;

/** Facts outlive the campaign that they are of; who is in a segment is asked of the segment. */
async function checkListed({ definitions }: Pick<Deps, 'definitions'>, scope: ExportSpec['scope']): Promise<void> {
  const { kind, id } = scope ?? {};
  if (id === undefined || (kind !== 'segment' && kind !== 'tag' && kind !== 'list')) return;
  const head = await definitions.head(LISTING[kind], id);
  if (head === undefined || head.deleted) throw invalidAt('/scope', `there is no ${kind} ${id}`);
}

export const exportRoute = route({
  method: 'POST',
  path: '/v1/exports',
  role: 'marketer',
  status: 202,
  operationId: 'createExport',
  summary: 'Export facts, customers or events to a file',
  description:
    'Starts a job; `GET /v1/jobs/{id}` has a link to the file once it is done. Facts of messages belong to the day on which their message was sent.',
  body: ExportSchema,
  response: () => z.object({ job: z.string() }),
  handle: async (deps, { body, caller, intent }) => {
    const { snapshot } = await deps.catalog.snapshot();
    const { timezone } = snapshot.settings;
    const scope = scopeOf(body);
    await checkListed(deps, scope);
    const span = await spanOf(deps, body, { scope, timezone });
    const { of, format } = body;
    const spec: ExportSpec = { of, format, ...span, ...(scope === undefined ? {} : { scope }) };
    const { id } = await startExport({ ...deps, snapshot }, spec, { by: caller.sub, cause: intent });
    return { body: { job: id } };
  },
});
