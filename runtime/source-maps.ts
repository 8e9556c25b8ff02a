import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';

/** A frame of a stack: `at name (file:///var/task/index.mjs:2:7584)`, or without a name and parentheses. */
const FRAME = /^( +at (?:async )?)(?:\S.* \()?(?:file:\/\/)?(\/\S+\.mjs):(\d+):(\d+)\)?$/gm;

/** This module's own file, which is the bundle that holds it. No other file is read, whatever a stack says. */
const BUNDLE = import.meta.filename;

/** Null: there is none that can be read. */
let map: SourceMap | null | undefined;

/**
 * Returns the stack with files, lines and columns of the sources where a source map lies beside the bundle. Names of functions go, because bundles are
 * minified. The map is read when the first error is logged: Node's flag `--enable-source-maps` reads it at each cold start.
 */
export const mappedStack = (stack: string): string =>
  stack.replaceAll(FRAME, (frame, at: string, file: string, line: string, column: string) => {
    if (file !== BUNDLE) return frame;
    if (map === undefined) map = readMap();
    const origin = map?.findOrigin(Number(line), Number(column));
    return origin !== undefined && 'fileName' in origin
      ? `${at}${origin.fileName.replace(/^(\.\.\/)+/, '')}:${origin.lineNumber}:${origin.columnNumber}`
      : frame;
  });

function readMap(): SourceMap | null {
  try {
    return new SourceMap(JSON.parse(readFileSync(`${BUNDLE}.map`, 'utf8')));
  } catch {
    // Without a readable map the stack stays as it is: an error is logged in any case.
    return null;
  }
}
