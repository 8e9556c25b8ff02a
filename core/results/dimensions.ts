import { CELL_DIMENSIONS, type ReportScope } from '../metrics/cells.ts';

export const TIME_DIMENSIONS = ['day', 'hour', 'weekday'] as const;
export type TimeDimension = (typeof TIME_DIMENSIONS)[number];
export const MESSAGE_DIMENSIONS = ['channel', 'template', 'variant', 'node', 'version', 'occurrence'] as const;
export type MessageDimension = (typeof MESSAGE_DIMENSIONS)[number];
/** Attributes of the recipient when the message was sent; each with an id or name: `tag:vip`. */
export const AUDIENCE_DIMENSIONS = ['tag', 'segment', 'trait'] as const;
export type AudienceDimension = (typeof AUDIENCE_DIMENSIONS)[number];

/** A dimension of a report. `text`: as it was asked for, and as rows name it. */
export type Dimension =
  | { kind: 'time'; name: TimeDimension; text: string }
  | { kind: 'message'; name: MessageDimension; text: string }
  | { kind: AudienceDimension; name: string; text: string };

export const MAX_DIMENSIONS = 2;
const MAX_NAME = 255;

const WORDS = [...TIME_DIMENSIONS, ...MESSAGE_DIMENSIONS].join(', ');

/** Reads one or two dimensions, comma separated; or says what is wrong with them. `traits`: those that the settings name. */
export function readDimensions(
  text: string,
  traits: readonly string[],
): { dimensions: Dimension[] } | { fault: string } {
  const dimensions: Dimension[] = [];
  for (const one of text.split(',')) {
    const dimension = dimensionOf(one.trim());
    if (dimension === undefined)
      return { fault: `${one.trim().slice(0, MAX_NAME)} is none of ${WORDS}, tag:<id>, segment:<id>, trait:<name>` };
    if (dimension.kind === 'trait' && !traits.includes(dimension.name))
      return { fault: `the trait ${dimension.name} is not among the settings’ reportTraits` };
    if (dimensions.some((known) => known.text === dimension.text)) return { fault: `${dimension.text} is there twice` };
    dimensions.push(dimension);
  }
  if (dimensions.length > MAX_DIMENSIONS) return { fault: `may have ${MAX_DIMENSIONS} dimensions` };
  return { dimensions };
}

function dimensionOf(text: string): Dimension | undefined {
  const time = TIME_DIMENSIONS.find((name) => name === text);
  if (time !== undefined) return { kind: 'time', name: time, text };
  const message = MESSAGE_DIMENSIONS.find((name) => name === text);
  if (message !== undefined) return { kind: 'message', name: message, text };
  const colon = text.indexOf(':');
  const kind = AUDIENCE_DIMENSIONS.find((name) => name === text.slice(0, colon));
  const name = text.slice(colon + 1);
  return kind === undefined || name === '' || name.length > MAX_NAME ? undefined : { kind, name, text };
}

/** Whether the cells of such a scope keep it apart; otherwise only the data lake does. */
export const isInCells = (scope: ReportScope, { kind, name }: Dimension): boolean =>
  kind === 'time' || (kind === 'message' && CELL_DIMENSIONS[scope].some((kept) => kept === name));
