import * as z from 'zod';

const JourneySourceSchema = z.object({
  kind: z.literal('journey'),
  id: z.string(),
  version: z.number(),
  node: z.string(),
  run: z.string(),
});
const ApiSourceSchema = z.object({ kind: z.literal('api'), id: z.string() });

/** What asked for a message: a line here for its data, and one in `SOURCES` for what it is to the rest of Cairn. */
export const SourceSchema = z.discriminatedUnion('kind', [JourneySourceSchema, ApiSourceSchema]);
export type Source = z.infer<typeof SourceSchema>;

/** A definition, or one of its nodes, as messages, counters, throttles and holds name it: `journey:<id>`, `journey:<id>:<node>`. */
export const scopeOf = (kind: Source['kind'], id: string, node?: string): string =>
  node === undefined ? `${kind}:${id}` : `${kind}:${id}:${node}`;
export const journeyScope = (id: string, node?: string): string => scopeOf('journey', id, node);

/** A definition whose caps, windows and pauses its messages obey. */
export interface Sender {
  kind: 'journeys';
  id: string;
  version: number;
  /** Its own name of the place within it that asked. */
  node: string;
}

interface SourceKind<Of> {
  /** As the API shows it, and providers are told. */
  name(source: Of): string;
  /** Undefined: a message by itself. */
  sender(source: Of): Sender | undefined;
  /** By what its messages are grouped in metrics. */
  dimensions(source: Of): { journey?: string; node?: string; version?: number };
  /** The run that waits for the message. */
  run(source: Of): string | undefined;
  /** Keys under which messages are listed: of the index's partition, and what its sort key begins with. */
  listed(source: Of): { under: string; first: string };
}

const SOURCES: { [Name in Source['kind']]: SourceKind<Extract<Source, { kind: Name }>> } = {
  journey: {
    name: ({ id, node }) => journeyScope(id, node),
    sender: ({ id, version, node }) => ({ kind: 'journeys', id, version, node }),
    dimensions: ({ id, node, version }) => ({ journey: id, node, version }),
    run: ({ run }) => run,
    listed: ({ id, node }) => ({ under: journeyScope(id), first: node }),
  },
  api: {
    name: ({ id }) => scopeOf('api', id),
    sender: () => undefined,
    dimensions: () => ({}),
    run: () => undefined,
    listed: ({ id }) => ({ under: 'api', first: id }),
  },
};
const kindOf = (source: Source): SourceKind<Source> => SOURCES[source.kind];

export const sourceName = (source: Source): string => kindOf(source).name(source);
export const senderOf = (source: Source): Sender | undefined => kindOf(source).sender(source);
export const dimensionsOf = (source: Source) => kindOf(source).dimensions(source);
export const runOf = (source: Source): string | undefined => kindOf(source).run(source);
export const listedUnder = (source: Source): { under: string; first: string } => kindOf(source).listed(source);

/** Whose caps count a message, and whose pause holds it: `journey:<id>`; undefined: nobody's. */
export const ownerOf = (source: Source): string | undefined =>
  senderOf(source) === undefined ? undefined : listedUnder(source).under;
