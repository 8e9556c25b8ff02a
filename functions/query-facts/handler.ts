import { audiencePages } from '../../adapters/s3/audience-pages.ts';
import { downloads } from '../../adapters/s3/downloads.ts';
import { exportParts } from '../../adapters/s3/export-parts.ts';
import { exportStore } from '../../adapters/s3/exports.ts';
import type { ExportQuestion } from '../../core/results/sql/exports.ts';
import { type ArmsQuestion, armsOf } from '../../engine/results/campaign-arms.ts';
import { exportFacts } from '../../engine/results/export-facts.ts';
import { KeptAnswers } from '../../engine/results/kept-answers.ts';
import type { Downloads, FactQuery, LinkQuestion } from '../../engine/results/ports.ts';
import { queryFacts } from '../../engine/results/query-facts.ts';
import { s3 } from '../../runtime/aws.ts';
import { taskHandler } from '../../runtime/handlers/task-handler.ts';
import { lakeOf } from '../../runtime/wiring/lake.ts';
import { EnvSchema } from './env.ts';

/** Invoked by whoever asks the data lake, by the name of a question. It writes nothing but exports, and deletes the parts that they are made of. */
export const handler = taskHandler({
  env: EnvSchema,
  build: (env) => ({
    ...lakeOf(env),
    answers: new KeptAnswers(),
    exports: exportStore(s3(), env.OBJECTS_BUCKET),
    parts: exportParts(s3(), env.OBJECTS_BUCKET),
    downloads: downloads(s3(), env.OBJECTS_BUCKET),
    pages: audiencePages(s3(), env.OBJECTS_BUCKET),
  }),
  handle: async (deps, question: FactQuery | ArmsQuestion | ExportQuestion | LinkQuestion): Promise<object[]> => {
    if (isLink(question)) return linkTo(deps, question);
    if (isExport(question)) return [await exportFacts({ ...deps, engine: deps.exporter }, question)];
    if (isArms(question)) return [await armsOf(deps, question)];
    return queryFacts(deps, question);
  },
});

const isArms = (question: FactQuery): question is ArmsQuestion => question.query === 'arms';
const isExport = (question: FactQuery | ExportQuestion): question is ExportQuestion => question.query === 'export';
const isLink = (question: FactQuery | ExportQuestion | LinkQuestion): question is LinkQuestion =>
  question.query === 'link';

async function linkTo({ downloads }: { downloads: Downloads }, { key, seconds }: LinkQuestion): Promise<object[]> {
  const url = await downloads.link(key, seconds);
  return url === undefined ? [] : [{ url }];
}
