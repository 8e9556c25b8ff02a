import * as z from 'zod';
import { SETTINGS_ID, settings } from '../../../core/catalog/kinds/settings.ts';
import { SettingsSchema } from '../../../core/definitions/settings.ts';
import { lazySchema } from '../../../core/lazy-schema.ts';
import { etagOf, isUnchanged } from '../../../engine/definitions/preconditions.ts';
import { putDefinition } from '../../../engine/definitions/put-definition.ts';
import { currentView } from '../../../engine/definitions/standing-warnings.ts';
import { IssueSchema } from '../../../engine/definitions/view.ts';
import { backfill } from '../../../engine/jobs/start-job.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { route } from './route.ts';

const DEFAULTS_ETAG = etagOf(0);

const ViewSchema = lazySchema(() =>
  SettingsSchema.unwrap().extend({
    warnings: z.array(IssueSchema).describe('settings that probably do not do what is meant'),
  }),
);
/** A body may be what GET has shown, as it is. */
const SentSchema = lazySchema(() =>
  SettingsSchema.unwrap().extend({
    warnings: z.array(IssueSchema).optional().meta({ readOnly: true, description: 'as GET shows them; not read' }),
  }),
);

export const settingsRoutes: Route<Deps>[] = [
  route({
    method: 'GET',
    isRevised: true,
    path: '/v1/settings',
    role: 'viewer',
    operationId: 'getSettings',
    summary: 'Get the settings',
    description: 'Defaults included.',
    response: ViewSchema,
    handle: async (deps, { headers }) => {
      const head = await deps.definitions.head('settings', SETTINGS_ID);
      const etag = head === undefined ? DEFAULTS_ETAG : etagOf(head.rev);
      if (isUnchanged(headers, etag)) return { status: 304, headers: { etag } };
      return { headers: { etag }, body: await current(deps) };
    },
  }),
  route({
    method: 'PUT',
    conditional: true,
    path: '/v1/settings',
    role: 'admin',
    operationId: 'putSettings',
    summary: 'Replace the settings',
    description: 'A setting that is left out takes its default.',
    body: SentSchema,
    response: ViewSchema,
    handle: async (deps, { body: { warnings: _shown, ...definition }, caller, headers }) => {
      const put = {
        id: SETTINGS_ID,
        definition,
        sent: definition,
        author: caller.sub,
        headers,
        unwritten: DEFAULTS_ETAG,
      };
      const { etag, view } = await putDefinition(deps, settings, put);
      const { arrivals } = (await deps.rules.read()).snapshot;
      // The timezone and the fatigue rules may change rules and timed entries. If they are unchanged, this is the same job as before.
      if (Object.keys(arrivals.since).length > 0) await backfill(deps, caller.sub);
      return { headers: { etag }, body: { ...definition, warnings: view.warnings } };
    },
  }),
];

async function current(deps: Deps): Promise<z.input<typeof ViewSchema>> {
  const head = await deps.definitions.head('settings', SETTINGS_ID);
  const version = head && (await deps.definitions.version('settings', SETTINGS_ID, head.latest));
  if (head === undefined || version === undefined) return { ...SettingsSchema.parse({}), warnings: [] };
  const { warnings } = await currentView(deps, { kind: 'settings', id: SETTINGS_ID }, head, head.latest, version);
  // Fields that were added after this version was written take their defaults.
  return { ...SettingsSchema.parse(version.definition), warnings };
}
