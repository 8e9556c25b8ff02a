import type { Definitions, Version } from '../../core/catalog/definitions.ts';
import { decompress } from '../../core/compression.ts';
import type { Compiled, Kind } from '../../core/definitions/definition.ts';
import type { Pins } from '../../core/definitions/pins.ts';

/** The item as `definitions.dynamo.ts` wrote it. */
export function versionOf<K extends Kind>(item: Record<string, unknown>): Version<K> {
  return {
    definition: decompress<Definitions[K]>(item.definition),
    ...(item.sent === undefined ? {} : { sent: decompress<unknown>(item.sent) }),
    author: String(item.author),
    at: Number(item.at),
    warnings: item.warnings === undefined ? [] : decompress<Version['warnings']>(item.warnings),
    ...(item.compiled === undefined ? {} : { compiled: decompress<Compiled>(item.compiled) }),
    ...(item.pins === undefined ? {} : { pins: item.pins as Pins }),
    ...(item.publishedAt === undefined ? {} : { publishedAt: Number(item.publishedAt) }),
    ...(item.removedAt === undefined ? {} : { removedAt: Number(item.removedAt) }),
  };
}
