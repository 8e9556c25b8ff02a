import { topicIds } from '../../definitions/settings.ts';
import { checkTemplate, contentWarnings, emptyBlocks } from '../../templates/check.ts';
import { TemplateSchema } from '../../templates/schema.ts';
import { contentKinds } from '../content-versions.ts';
import type { DefinitionKind } from '../kind.ts';
import { unknownTopic } from '../unknown-topics.ts';

/** Journeys pin a template's version at submit; MJML is compiled by the API beside the check. */
export const templates: DefinitionKind<'templates'> = {
  kind: 'templates',
  schema: TemplateSchema,
  live: false,
  check: (_id, definition, { live }) => ({
    errors: checkTemplate(definition),
    warnings: [
      ...unknownTopic('/topic', definition.topic, topicIds(live.settings)),
      ...contentWarnings(definition, live.settings),
      ...emptyBlocks(definition, contentKinds(live)),
    ],
  }),
  references: () => [],
};
