import * as z from 'zod';
import type { Kind } from '../../../core/definitions/definition.ts';
import type { LifecycleDeps } from '../../../engine/definitions/deps.ts';
import type { Changed, Verb } from '../../../engine/definitions/lifecycle.ts';
import type { LifecycleKind } from '../../../engine/definitions/lifecycles/lifecycle-kind.ts';
import { viewSchema } from '../../../engine/definitions/view.ts';
import { definitionParams } from '../params.ts';
import type { Role } from '../roles.ts';
import { type Route, routeOf } from '../route.ts';

/** Comments and reasons are stored in the audit log and in live rules. */
export const TextSchema = z.string().max(2_000);
export const CommentSchema = z.strictObject({ comment: TextSchema.optional() }).prefault({});

/** Its parameter is the definition's id, whatever the kind. */
export const pathOf = <K extends Kind>({ kind }: Pick<LifecycleKind<K, unknown>, 'kind'>, verb: string) =>
  `/v1/${kind.kind as string}/{id}/${verb}` as `${string}{id}${string}`;

export const titled = (noun: string): string => `${noun.charAt(0).toUpperCase()}${noun.slice(1)}`;

interface VerbRoute<K extends Kind, Deps extends LifecycleDeps, Body extends z.ZodType> {
  name: string;
  role: Role;
  summary: string;
  description: string;
  body: Body | (() => Body);
  act: (verb: Verb<K, Deps>, body: z.output<Body>) => Promise<Changed>;
}

/** A lifecycle verb: answers with the new body of GET. */
export function verb<K extends Kind, Deps extends LifecycleDeps, Body extends z.ZodType>(
  of: LifecycleKind<K, Deps>,
  { name, act, ...declared }: VerbRoute<K, Deps, Body>,
): Route<Deps> {
  const View = viewSchema(of.kind);
  return routeOf<Deps>()({
    method: 'POST',
    path: pathOf(of, name),
    params: definitionParams,
    conditional: true,
    operationId: `${name}${titled(of.noun)}`,
    ...declared,
    response: View,
    handle: async (deps, { params, body: sent, caller, headers, intent }) => {
      const { view, etag, job } = await act({ deps, of, id: params.id, caller, headers, intent }, sent);
      return {
        headers: { etag, ...(job === undefined ? {} : { 'cairn-job': job }) },
        body: view as z.input<typeof View>,
      };
    },
  });
}
