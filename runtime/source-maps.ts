import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';

/** A frame of a bundle's stack: `at name (file:///var/task/index.mjs:2:7584)`, or without a name and parentheses. */
const FRAME = /^( +at (?:async )?)(?:\S.* \()?(?:file:\/\/)?(\/\S+\.mjs):(\d+):(\d+)\)?$/gm;

const maps = new Map<string, SourceMap | undefined>();

/**
 * Returns the stack with files, lines and columns of the sources where a source map lies beside the bundle. Names of functions go, because bundles are
 * minified. A map is read when the first error is logged: Node's flag `--enable-source-maps` reads it at each cold start.
 */
export const mappedStack = (stack: string): string =>
  stack.replaceAll(FRAME, (frame, at: string, file: string, line: string, column: string) => {
    const origin = mapOf(file)?.findOrigin(Number(line), Number(column));
    return origin !== undefined && 'fileName' in origin
      ? `${at}${origin.fileName.replace(/^(\.\.\/)+/, '')}:${origin.lineNumber}:${origin.columnNumber}`
      : frame;
  });

function mapOf(file: string): SourceMap | undefined {
  if (!maps.has(file)) maps.set(file, readMap(file));
  return maps.get(file);
}

function readMap(file: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8')));
  } catch {
    // Without a readable map the stack stays as it is: an error is logged in any case.
    return undefined;
  }
}
