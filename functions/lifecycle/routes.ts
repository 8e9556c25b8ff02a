import * as z from 'zod';
import { journeys } from '../../core/catalog/kinds/journey.ts';
import { viewSchema } from '../shared/definitions/view.ts';
import { definitionParams } from '../shared/http/params.ts';
import type { Role } from '../shared/http/roles.ts';
import type { Route } from '../shared/http/route.ts';
import { ResumeSchema } from '../shared/jobs/resume.ts';
import { approve, reject } from './approve.ts';
import { archive } from './archive.ts';
import type { Deps } from './deps.ts';
import type { Changed, Verb } from './lifecycle.ts';
import { pause, resume } from './pause.ts';
import { publish } from './publish.ts';
import { route } from './route.ts';
import { submit } from './submit.ts';

const View = viewSchema(journeys);
/** Comments and reasons stand in the audit log and in live rules. */
const TextSchema = z.string().max(2_000);
const CommentSchema = z.strictObject({ comment: TextSchema.optional() }).prefault({});

/** A verb of the lifecycle: answers with what GET gives then. */
function verb<Body extends z.ZodType>(
  name: string,
  role: Role,
  summary: string,
  body: Body,
  act: (verb: Verb, body: z.output<Body>) => Promise<Changed>,
): Route<Deps> {
  return route({
    method: 'POST',
    path: `/v1/journeys/{id}/${name}`,
    params: definitionParams,
    conditional: true,
    role,
    summary,
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
  verb(
    'submit',
    'marketer',
    'draft → submitted; pins the newest templates and journeys that it names',
    CommentSchema,
    submit,
  ),
  verb(
    'approve',
    'approver',
    'submitted → approved, by somebody who wrote no version since the last published one',
    z.strictObject({ comment: TextSchema.optional(), publish: z.boolean().optional() }).prefault({}),
    async (asked, body) => {
      const approved = await approve(asked);
      if (body.publish !== true) return approved;
      // The precondition was the approval's.
      return publish({ ...asked, headers: {} });
    },
  ),
  verb('reject', 'approver', 'submitted or approved → draft', z.strictObject({ comment: TextSchema.min(1) }), reject),
  verb(
    'publish',
    'marketer',
    'approved → published; from draft where the settings require no approval',
    CommentSchema,
    publish,
  ),
  verb(
    'pause',
    'marketer',
    'published → paused: nobody enters, runs rest',
    z.strictObject({ comment: TextSchema.optional(), reason: TextSchema.optional() }).prefault({}),
    (asked, body) => pause(asked, body.reason ?? body.comment),
  ),
  verb(
    'resume',
    'marketer',
    'paused → published; a job lets parked runs go on, `perMinute` of them',
    ResumeSchema,
    (asked, body) => resume(asked, body.perMinute),
  ),
  verb('archive', 'marketer', 'Stops its open runs for good, by a job', CommentSchema, archive),
];
