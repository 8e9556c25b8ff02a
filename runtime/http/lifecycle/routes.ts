import * as z from 'zod';
import type { Kind } from '../../../core/definitions/definition.ts';
import { approve, reject } from '../../../engine/definitions/approve.ts';
import { archive } from '../../../engine/definitions/archive.ts';
import type { LifecycleDeps } from '../../../engine/definitions/deps.ts';
import type { LifecycleKind } from '../../../engine/definitions/lifecycles/lifecycle-kind.ts';
import { resume } from '../../../engine/definitions/pause.ts';
import { publish } from '../../../engine/definitions/publish.ts';
import { ResumeSchema } from '../../../engine/jobs/resume.ts';
import type { Route } from '../route.ts';
import { discardRoute, submitRoute } from './drafts.ts';
import { CommentSchema, TextSchema, verb } from './verb.ts';

/** Decisions about a version. */
const decidingRoutes = <K extends Kind, Deps extends LifecycleDeps>(of: LifecycleKind<K, Deps>): Route<Deps>[] => [
  verb(of, {
    name: 'approve',
    role: 'approver',
    summary: `Approve a ${of.noun}`,
    description: 'submitted → approved, by somebody who wrote no version since the last published one.',
    body: () => z.strictObject({ comment: TextSchema.optional(), publish: z.boolean().optional() }).prefault({}),
    async act(asked, body) {
      const approved = await approve(asked);
      if (body.publish !== true) return approved;
      // The approval has checked the precondition.
      return publish({ ...asked, headers: {} });
    },
  }),
  verb(of, {
    name: 'reject',
    role: 'approver',
    summary: `Reject a ${of.noun}`,
    description: 'submitted or approved → draft. The view shows the comment until it is submitted again.',
    body: () => z.strictObject({ comment: TextSchema.min(1) }),
    act: (asked, { comment }) => reject(asked, comment),
  }),
  verb(of, {
    name: 'publish',
    role: 'marketer',
    summary: `Publish a ${of.noun}`,
    description: 'approved → published; from draft where the settings require no approval.',
    body: CommentSchema,
    act: publish,
  }),
];

/** Texts about a kind, beside its name. */
interface Texts {
  resume: string;
  archive: string;
}

/** Ends a published definition's pause, or the definition for good. */
const endingRoutes = <K extends Kind, Deps extends LifecycleDeps>(
  of: LifecycleKind<K, Deps>,
  texts: Texts,
): Route<Deps>[] => [
  verb(of, {
    name: 'resume',
    role: 'marketer',
    summary: `Resume a ${of.noun}`,
    description: `paused → published. ${texts.resume}`,
    body: ResumeSchema,
    act: (asked, body) => resume(asked, body.perMinute),
  }),
  verb(of, {
    name: 'archive',
    role: 'marketer',
    summary: `Archive a ${of.noun}`,
    description: texts.archive,
    body: CommentSchema,
    act: (asked) => archive(asked),
  }),
];

/** The verbs of one kind of definition that is approved, published, paused and archived; how it is paused is the kind's own. */
export const lifecycleRoutes = <K extends Kind, Deps extends LifecycleDeps>(
  of: LifecycleKind<K, Deps>,
  texts: Texts,
): Route<Deps>[] => [submitRoute(of), discardRoute(of), ...decidingRoutes(of), ...endingRoutes(of, texts)];
