import * as z from 'zod';
import type { LifecycleName } from '../definitions/definition.ts';
import { lazySchema } from '../lazy-schema.ts';

const JourneySourceSchema = lazySchema(() =>
  z.object({
    kind: z.literal('journey'),
    id: z.string(),
    version: z.number(),
    node: z.string(),
    run: z.string(),
    /** Set if somebody tests the journey by this run. */
    test: z.literal(true).optional(),
  }),
);
const CampaignSourceSchema = lazySchema(() =>
  z.object({
    kind: z.literal('campaign'),
    id: z.string(),
    version: z.number(),
    occurrence: z.string(),
    variant: z.string().optional(),
  }),
);
const ApiSourceSchema = lazySchema(() => z.object({ kind: z.literal('api'), id: z.string() }));
/** A test of the template of that id. */
const TestSourceSchema = lazySchema(() => z.object({ kind: z.literal('test'), id: z.string() }));

/** The origin of a message: a journey's node, a campaign's occurrence, an API call, or the test of a template. A new one is a line here, and one in `SOURCES`. */
export const SourceSchema = z.discriminatedUnion('kind', [
  JourneySourceSchema,
  CampaignSourceSchema,
  ApiSourceSchema,
  TestSourceSchema,
]);
export type Source = z.infer<typeof SourceSchema>;

/** A definition, or one of its nodes, as messages, counters, throttles and holds name it: `journey:<id>`, `journey:<id>:<node>`. */
export const scopeOf = (kind: Source['kind'], id: string, node?: string): string =>
  node === undefined ? `${kind}:${id}` : `${kind}:${id}:${node}`;
/** `campaign:<id>`, `campaign:<id>:<occurrence>`, `campaign:<id>:<occurrence>:<variant>`. */
export const campaignScope = (id: string, occurrence?: string, variant?: string): string =>
  scopeOf('campaign', id, variant === undefined ? occurrence : `${occurrence}:${variant}`);
export const journeyScope = (id: string, node?: string): string => scopeOf('journey', id, node);

/** A definition whose caps, windows and pauses its messages obey. */
export interface SourceDefinition {
  kind: LifecycleName;
  id: string;
  version: number;
  /** The journey's node that asked for the message. */
  node?: string;
}

interface SourceKind<Of> {
  /** As the API and providers show it. */
  name(source: Of): string;
  /** Undefined: no definition sent it. */
  definition(source: Of): SourceDefinition | undefined;
  /** Dimensions of its metric events. */
  dimensions(source: Of): {
    journey?: string;
    node?: string;
    version?: number;
    campaign?: string;
    occurrence?: string;
    variant?: string;
  };
  /** The run that waits for the message. */
  run(source: Of): string | undefined;
  /** Keys of the index that lists messages: its partition, and the prefix of its sort key. */
  listKeys(source: Of): { partition: string; sortPrefix: string };
}

const SOURCES: { [Name in Source['kind']]: SourceKind<Extract<Source, { kind: Name }>> } = {
  journey: {
    name: ({ id, node }) => journeyScope(id, node),
    definition: ({ id, version, node }) => ({ kind: 'journeys', id, version, node }),
    dimensions: ({ id, node, version }) => ({ journey: id, node, version }),
    run: ({ run }) => run,
    listKeys: ({ id, node }) => ({ partition: journeyScope(id), sortPrefix: node }),
  },
  campaign: {
    name: ({ id }) => campaignScope(id),
    definition: ({ id, version }) => ({ kind: 'campaigns', id, version }),
    dimensions: ({ id, version, occurrence, variant }) => ({
      campaign: id,
      occurrence,
      version,
      ...(variant === undefined ? {} : { variant }),
    }),
    run: () => undefined,
    listKeys: ({ id, occurrence }) => ({ partition: campaignScope(id), sortPrefix: occurrence }),
  },
  api: {
    name: ({ id }) => scopeOf('api', id),
    definition: () => undefined,
    dimensions: () => ({}),
    run: () => undefined,
    listKeys: ({ id }) => ({ partition: 'api', sortPrefix: id }),
  },
  test: {
    name: ({ id }) => scopeOf('test', id),
    definition: () => undefined,
    dimensions: () => ({}),
    run: () => undefined,
    listKeys: ({ id }) => ({ partition: scopeOf('test', id), sortPrefix: '' }),
  },
};
const sourceKindOf = (source: Source): SourceKind<Source> => SOURCES[source.kind];

export const sourceName = (source: Source): string => sourceKindOf(source).name(source);
export const sourceDefinitionOf = (source: Source): SourceDefinition | undefined =>
  sourceKindOf(source).definition(source);
export const dimensionsOf = (source: Source) => sourceKindOf(source).dimensions(source);
export const runOf = (source: Source): string | undefined => sourceKindOf(source).run(source);
/** Whether a campaign's occurrence sends it: a person gets one of its messages, it counts them also where they wait, and each comes when it is its turn. */
export const isOfOccurrence = (source: Source): source is z.infer<typeof CampaignSourceSchema> =>
  source.kind === 'campaign';
/** A test of a template, or of a journey. */
export const isTestSource = (source: Source): boolean =>
  source.kind === 'test' || (source.kind === 'journey' && source.test === true);
/** Whether caps and reports count the message; tests are none of theirs. */
export const isCounted = (source: Source): boolean => !isTestSource(source);
export const listKeysOf = (source: Source): { partition: string; sortPrefix: string } =>
  sourceKindOf(source).listKeys(source);

/** The definition whose caps count a message and whose pause holds it, as `journey:<id>`; undefined: none. */
export const ownerOf = (source: Source): string | undefined =>
  sourceDefinitionOf(source) === undefined ? undefined : listKeysOf(source).partition;

/** Returns the part of its definition that asked for the message: a journey's node, a campaign's occurrence. */
export const partOf = (source: Source): string | undefined =>
  ownerOf(source) === undefined ? undefined : listKeysOf(source).sortPrefix;
