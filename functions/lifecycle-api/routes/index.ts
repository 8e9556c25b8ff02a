import * as z from 'zod';
import { journeys } from '../../../core/catalog/kinds/journey.ts';
import { approve, reject } from '../../../engine/definitions/approve.ts';
import { archive } from '../../../engine/definitions/archive.ts';
import { discardDraft } from '../../../engine/definitions/discard-draft.ts';
import type { Changed, Verb } from '../../../engine/definitions/lifecycle.ts';
import { pause, resume } from '../../../engine/definitions/pause.ts';
import { publish } from '../../../engine/definitions/publish.ts';
import { dryRun, submit } from '../../../engine/definitions/submit.ts';
import { viewSchema } from '../../../engine/definitions/view.ts';
import { ResumeSchema } from '../../../engine/jobs/resume.ts';
import { definitionParams } from '../../../runtime/http/params.ts';
import type { Role } from '../../../runtime/http/roles.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { route } from './route.ts';

const View = viewSchema(journeys);
/** Comments and reasons are stored in the audit log and in live rules. */
const TextSchema = z.string().max(2_000);
const CommentSchema = z.strictObject({ comment: TextSchema.optional() }).prefault({});

const PinsSchema = z.object({
  templates: z.record(z.string(), z.number().int()),
  journeys: z.record(z.string(), z.number().int()),
});
const SubmitSchema = z.strictObject({ comment: TextSchema.optional(), dryRun: z.boolean().optional() }).prefault({});

/** Answers with the new body of GET; for a dry run, with the pins. */
const submitRoute = route({
  method: 'POST',
  path: '/v1/journeys/{id}/submit',
  params: definitionParams,
  conditional: true,
  role: 'marketer',
  operationId: 'submitJourney',
  summary: 'Submit a journey for approval',
  description:
    'draft → submitted. Pins the newest templates and journeys that it names; a published journey that has not changed gets a version with new pins. `dryRun` changes nothing and answers the pins.',
  body: SubmitSchema,
  response: z.union([View, z.object({ pins: z.object({ before: PinsSchema, after: PinsSchema }) })]),
  handle: async (deps, { params, body, caller, headers, intent }) => {
    const verb = { deps, id: params.id, caller, headers, intent };
    if (body.dryRun === true) return { body: await dryRun(verb) };
    const { view, etag } = await submit(verb);
    return { headers: { etag }, body: view as z.input<typeof View> };
  },
});

const discardRoute = route({
  method: 'DELETE',
  path: '/v1/journeys/{id}/draft',
  params: definitionParams,
  conditional: true,
  role: 'marketer',
  operationId: 'discardJourneyDraft',
  summary: 'Discard the draft of a journey',
  description: 'The newest version beside a published one, whether draft, submitted or approved.',
  status: 204,
  handle: async (deps, { params, caller, headers, intent }) => {
    await discardDraft({ deps, id: params.id, caller, headers, intent });
    return {};
  },
});

/** A lifecycle verb: answers with the new body of GET. */
function verb<Body extends z.ZodType>(
  name: string,
  role: Role,
  text: { summary: string; description: string },
  body: Body,
  act: (verb: Verb, body: z.output<Body>) => Promise<Changed>,
): Route<Deps> {
  return route({
    method: 'POST',
    path: `/v1/journeys/{id}/${name}`,
    params: definitionParams,
    conditional: true,
    role,
    operationId: `${name}Journey`,
    ...text,
    body,
    response: View,
    handle: async (deps, { params, body: sent, caller, headers, intent }) => {
      const { view, etag, job } = await act({ deps, id: params.id, caller, headers, intent }, sent);
      return {
        headers: { etag, ...(job === undefined ? {} : { 'cairn-job': job }) },
        body: view as z.input<typeof View>,
      };
    },
  });
}

export const routes: readonly Route<Deps>[] = [
  submitRoute,
  discardRoute,
  verb(
    'approve',
    'approver',
    {
      summary: 'Approve a journey',
      description: 'submitted → approved, by somebody who wrote no version since the last published one.',
    },
    z.strictObject({ comment: TextSchema.optional(), publish: z.boolean().optional() }).prefault({}),
    async (asked, body) => {
      const approved = await approve(asked);
      if (body.publish !== true) return approved;
      // The approval has checked the precondition.
      return publish({ ...asked, headers: {} });
    },
  ),
  verb(
    'reject',
    'approver',
    {
      summary: 'Reject a journey',
      description: 'submitted or approved → draft. The view shows the comment until it is submitted again.',
    },
    z.strictObject({ comment: TextSchema.min(1) }),
    (asked, { comment }) => reject(asked, comment),
  ),
  verb(
    'publish',
    'marketer',
    {
      summary: 'Publish a journey',
      description: 'approved → published; from draft where the settings require no approval.',
    },
    CommentSchema,
    publish,
  ),
  verb(
    'pause',
    'marketer',
    { summary: 'Pause a journey', description: 'published → paused. Nobody enters, and runs rest.' },
    z.strictObject({ comment: TextSchema.optional(), reason: TextSchema.optional() }).prefault({}),
    (asked, body) => pause(asked, body.reason ?? body.comment),
  ),
  verb(
    'resume',
    'marketer',
    {
      summary: 'Resume a journey',
      description: 'paused → published. A job lets parked runs go on, `perMinute` of them.',
    },
    ResumeSchema,
    (asked, body) => resume(asked, body.perMinute),
  ),
  verb(
    'archive',
    'marketer',
    { summary: 'Archive a journey', description: 'A job ends its open runs for good.' },
    CommentSchema,
    archive,
  ),
];
