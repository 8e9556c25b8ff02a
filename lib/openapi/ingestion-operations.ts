import type { Components, Json } from './components.ts';
import { BatchSchema, ItemSchema, SourceSettingsSchema, VerdictSchema } from './ingestion.ts';
import { problem } from './problem.ts';

/** A call of Segment's API, which declares no route. */
export function ingestionOperation(call: string, path: string, components: Components): Json {
  const word = path.slice('/v1/'.length);
  const body =
    call === 'batch' ? components.add('Batch', BatchSchema, 'input') : components.add('Item', ItemSchema, 'input');
  const verdict = components.add('Verdict', VerdictSchema, 'output');
  return {
    operationId: `send${word.charAt(0).toUpperCase()}${word.slice(1)}`,
    summary: call === 'batch' ? 'Send a batch of events' : `Send ${/^[aei]/.test(call) ? 'an' : 'a'} ${call} event`,
    tags: ['ingestion'],
    security: [{ writeKey: [] }, {}],
    requestBody: {
      required: true,
      content: { 'application/json': { schema: body }, 'text/plain': { schema: body } },
    },
    responses: {
      200: {
        description: "On the queue, with each item's verdict",
        content: { 'application/json': { schema: verdict } },
      },
      400: problem(components, 'Nothing in it is valid, or it cannot be read'),
      401: problem(components, 'No write key that is known'),
      413: problem(components, 'Over 500 KB'),
      429: problem(components, 'Over the rate limit; again after `Retry-After`'),
      default: problem(components),
    },
  };
}

export const settingsOperation = (components: Components): Json => ({
  operationId: 'getSourceSettings',
  summary: 'Get the settings of a source',
  description: "As Segment's CDN gives them.",
  tags: ['ingestion'],
  security: [],
  parameters: [{ name: 'writeKey', in: 'path', required: true, schema: { type: 'string' } }],
  responses: {
    200: {
      description: 'Settings of the source',
      content: { 'application/json': { schema: components.add('SourceSettings', SourceSettingsSchema, 'output') } },
    },
    default: problem(components),
  },
});
