import * as z from 'zod';
import type { Kind } from '../../../core/definitions/definition.ts';
import { lazySchema } from '../../../core/lazy-schema.ts';
import type { LifecycleDeps } from '../../../engine/definitions/deps.ts';
import { discardDraft } from '../../../engine/definitions/discard-draft.ts';
import type { LifecycleKind } from '../../../engine/definitions/lifecycles/lifecycle-kind.ts';
import { dryRun, submit } from '../../../engine/definitions/submit.ts';
import { viewSchema } from '../../../engine/definitions/view.ts';
import { definitionParams } from '../params.ts';
import { type Route, routeOf } from '../route.ts';
import { pathOf, TextSchema, titled } from './verb.ts';

const PinsSchema = lazySchema(() =>
  z.object({
    templates: z.record(z.string(), z.number().int()),
    journeys: z.record(z.string(), z.number().int()),
    content: z.record(z.string(), z.number().int()).optional(),
  }),
);

/** Answers with the new body of GET; for a dry run, with the pins. */
export function submitRoute<K extends Kind, Deps extends LifecycleDeps>(of: LifecycleKind<K, Deps>): Route<Deps> {
  const View = viewSchema(of.kind);
  return routeOf<Deps>()({
    method: 'POST',
    path: pathOf(of, 'submit'),
    params: definitionParams,
    conditional: true,
    role: 'marketer',
    operationId: `submit${titled(of.noun)}`,
    summary: `Submit a ${of.noun} for approval`,
    description: `draft → submitted. Pins the newest templates and journeys that it names, and the content that its templates show; a published ${of.noun} that has not changed gets a version with new pins. \`dryRun\` changes nothing and answers the pins.`,
    body: () => z.strictObject({ comment: TextSchema.optional(), dryRun: z.boolean().optional() }).prefault({}),
    response: () => z.union([View, z.object({ pins: z.object({ before: PinsSchema, after: PinsSchema }) })]),
    handle: async (deps, { params, body, caller, headers, intent }) => {
      const verb = { deps, of, id: params.id, caller, headers, intent };
      if (body.dryRun === true) return { body: await dryRun(verb) };
      const { view, etag } = await submit(verb);
      return { headers: { etag }, body: view as z.input<typeof View> };
    },
  });
}

export const discardRoute = <K extends Kind, Deps extends LifecycleDeps>(of: LifecycleKind<K, Deps>): Route<Deps> =>
  routeOf<Deps>()({
    method: 'DELETE',
    path: pathOf(of, 'draft'),
    params: definitionParams,
    conditional: true,
    role: 'marketer',
    operationId: `discard${titled(of.noun)}Draft`,
    summary: `Discard the draft of a ${of.noun}`,
    description: 'The newest version beside a published one, whether draft, submitted or approved.',
    status: 204,
    handle: async (deps, { params, caller, headers, intent }) => {
      await discardDraft({ deps, of, id: params.id, caller, headers, intent });
      return {};
    },
  });
