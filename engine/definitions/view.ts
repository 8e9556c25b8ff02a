import * as z from 'zod';
import type { Definitions, Version } from '../../core/catalog/definitions.ts';
import type { DefinitionKind } from '../../core/catalog/kind.ts';
import { DefinitionIdSchema } from '../../core/definition-id.ts';
import {
  type Head,
  hasLifecycle,
  type Issue,
  type Kind,
  type Reference,
  type Status,
} from '../../core/definitions/definition.ts';
import type { Pins } from '../../core/definitions/pins.ts';
import { lazySchema } from '../../core/lazy-schema.ts';
import { iso } from '../../core/time/instant.ts';

export const IssueSchema = lazySchema(() => z.object({ path: z.string(), message: z.string() }));
export const STATUSES = [
  'draft',
  'submitted',
  'approved',
  'published',
  'paused',
  'archived',
  'scheduled',
  'running',
  'resting',
  'done',
  'cancelled',
] as const satisfies readonly Status[];

/** Body of `GET /v1/<kind>/{id}`, and of every call that changes a definition. */
export const viewSchema = <K extends Kind>(kind: DefinitionKind<K>) =>
  lazySchema(() =>
    z.object({
      id: DefinitionIdSchema,
      version: z.number().int(),
      status: z.enum(STATUSES),
      published: z.number().int().optional(),
      paused: z.object({ since: z.string(), reason: z.string().optional() }).optional(),
      author: z.string(),
      approver: z.string().optional(),
      rejected: z
        .object({ by: z.string(), at: z.string(), comment: z.string(), version: z.number().int() })
        .optional()
        .meta({ description: 'The newest rejection, until it is submitted again' }),
      at: z.string(),
      warnings: z.array(IssueSchema),
      pinned: z
        .object({
          templates: z.record(z.string(), z.number()),
          journeys: z.record(z.string(), z.number()),
          content: z.record(z.string(), z.number()).optional(),
        })
        .optional(),
      definition: kind.schema,
    }),
  );

export interface View {
  id: string;
  version: number;
  status: Status;
  published?: number;
  paused?: { since: string; reason?: string };
  author: string;
  approver?: string;
  rejected?: { by: string; at: string; comment: string; version: number };
  at: string;
  /** Warnings with what settles them. `currentView` drops the settled ones. */
  warnings: Issue[];
  pinned?: Pins;
  definition: unknown;
}

/** Returns the newest version, or the `n`-th, as the API shows it. */
export function viewOf<K extends Kind>({ kind, id }: Reference, head: Head, n: number, version: Version<K>): View {
  const newest = n === head.latest;
  const pins = newest ? (head.pins ?? version.pins) : version.pins;
  return {
    id,
    version: n,
    status: statusOf(head, n, !hasLifecycle(kind) || version.pins !== undefined),
    ...(head.published === undefined ? {} : { published: head.published }),
    ...(head.paused === undefined
      ? {}
      : { paused: { since: iso(head.paused.since), ...(head.paused.reason ? { reason: head.paused.reason } : {}) } }),
    author: version.author,
    ...(newest && head.approver !== undefined ? { approver: head.approver } : {}),
    ...(newest && head.rejected !== undefined ? { rejected: { ...head.rejected, at: iso(head.rejected.at) } } : {}),
    at: iso(version.at),
    warnings: (newest ? head.warnings : undefined) ?? version.warnings,
    ...(pins === undefined ? {} : { pinned: pins }),
    definition: shown(version),
  };
}

const shown = <K extends Kind>(version: Version<K>): Definitions[K] | unknown => version.sent ?? version.definition;

/** Kinds without a lifecycle are published at PUT. A version of the others has pins once it has been published. */
function statusOf(head: Head, n: number, wasPublished: boolean): Status {
  if (n === head.published) return head.paused === undefined ? 'published' : 'paused';
  if (n === head.latest) return head.cancelled === true ? 'cancelled' : head.status;
  return wasPublished ? 'archived' : 'draft';
}
