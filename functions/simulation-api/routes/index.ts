import * as z from 'zod';
import { SimulationSchema } from '../../../core/simulation/request.ts';
import { PreviewedSchema, PreviewSchema, previewTemplate } from '../../../engine/simulation/preview-template.ts';
import { SimulatedSchema, simulateJourney } from '../../../engine/simulation/simulate-journey.ts';
import { definitionParams } from '../../../runtime/http/params.ts';
import { wholeNumber } from '../../../runtime/http/query.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { route } from './route.ts';

const simulation = route({
  method: 'POST',
  path: '/v1/journeys/{id}/simulate',
  params: definitionParams,
  role: 'marketer',
  operationId: 'simulateJourney',
  summary: 'Simulate a journey',
  description:
    'Walks a real or a synthetic customer through the newest version, or `version`, on a virtual clock. It writes nothing.',
  mutates: false,
  query: () => z.object({ version: wholeNumber(1, 999_999).optional() }),
  body: SimulationSchema,
  response: SimulatedSchema,
  handle: async (deps, { params, query, body }) => ({
    body: await simulateJourney(deps, params.id, body, query.version),
  }),
});

const preview = route({
  method: 'POST',
  path: '/v1/templates/{id}/preview',
  params: definitionParams,
  // The answer contains data that viewers see masked.
  role: 'marketer',
  mutates: false,
  operationId: 'previewTemplate',
  summary: 'Preview a template',
  description: 'What a profile, real or synthetic, would get; `missing` names variables without a value.',
  body: PreviewSchema,
  response: PreviewedSchema,
  handle: async (deps, { params, body }) => ({ body: await previewTemplate(deps, params.id, body) }),
});

export const routes: readonly Route<Deps>[] = [simulation, preview];
