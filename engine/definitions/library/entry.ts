import type { Kind } from '../../../core/definitions/definition.ts';

/** A JSON pointer into the definition. */
type Pointer = string;

/** A definition that can be copied into the catalog. */
export interface LibraryEntry {
  kind: Extract<Kind, 'tags' | 'segments'>;
  /** The definition as in `examples/`: a body for PUT. */
  definition: { name: string };
  use: string;
  /** Name → the places in the definition that its value fills; the value at the first place is the default. */
  parameters: Readonly<Record<string, readonly Pointer[]>>;
}

/** Fields that every tag of the library has. */
interface TagFile {
  name: string;
  layer: string;
  owner: string;
  use: string;
  reviewBy: string;
  if: object;
}

type Places = Readonly<Record<string, Pointer | readonly Pointer[]>>;

export const tag = (definition: TagFile, parameters: Places): LibraryEntry => ({
  kind: 'tags',
  definition,
  use: definition.use,
  parameters: listed({ title: '/name', owner: '/owner', use: '/use', reviewBy: '/reviewBy', ...parameters }),
});

/** Segments have no `use` field of their own. */
export const segment = (
  definition: { name: string; if: object },
  use: string,
  parameters: Places = {},
): LibraryEntry => ({
  kind: 'segments',
  definition,
  use,
  parameters: listed({ title: '/name', ...parameters }),
});

const listed = (places: Places): LibraryEntry['parameters'] =>
  Object.fromEntries(Object.entries(places).map(([name, at]) => [name, typeof at === 'string' ? [at] : at]));
