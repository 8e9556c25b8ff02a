import { SETTINGS_ID, settings } from '../../../core/catalog/kinds/settings.ts';
import { SettingsSchema } from '../../../core/definitions/settings.ts';
import { etagOf, isUnchanged } from '../../../engine/definitions/preconditions.ts';
import { putDefinition } from '../../../engine/definitions/put-definition.ts';
import { backfill } from '../../../engine/jobs/start-job.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { route } from './route.ts';

const DEFAULTS_ETAG = etagOf(0);

export const settingsRoutes: Route<Deps>[] = [
  route({
    method: 'GET',
    isRevised: true,
    path: '/v1/settings',
    role: 'viewer',
    operationId: 'getSettings',
    summary: 'Get the settings',
    description: 'Defaults included.',
    response: SettingsSchema,
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
    body: SettingsSchema,
    response: SettingsSchema,
    handle: async (deps, { body, caller, headers }) => {
      const put = {
        id: SETTINGS_ID,
        definition: body,
        sent: body,
        author: caller.sub,
        headers,
        unwritten: DEFAULTS_ETAG,
      };
      const { etag } = await putDefinition(deps, settings, put);
      const { arrivals } = (await deps.rules.read()).snapshot;
      // The timezone and the fatigue rules may change rules and timed entries. If they are unchanged, this is the same job as before.
      if (Object.keys(arrivals.since).length > 0) await backfill(deps, caller.sub);
      return { headers: { etag }, body };
    },
  }),
];

async function current(deps: Deps) {
  const head = await deps.definitions.head('settings', SETTINGS_ID);
  const version = head && (await deps.definitions.version('settings', SETTINGS_ID, head.latest));
  // Fields that were added after this version was written take their defaults.
  return SettingsSchema.parse(version?.definition ?? {});
}
