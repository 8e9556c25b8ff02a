import { Liquid, type Template } from 'liquidjs';

/** Parsed templates in memory; the oldest go first. */
const MOST_PARSED = 500;
/** Strict: an undefined variable without `default` is a fault; `if` may test one. No file, no prototype is in reach. */
const options = {
  strictVariables: true,
  strictFilters: true,
  lenientIf: true,
  ownPropertyOnly: true,
  relativeReference: false,
  renderLimit: 500,
  parseLimit: 200_000,
  memoryLimit: 5_000_000,
};
/** There are no files: what would read one is unknown, and refused when the template is defined. */
const OF_FILES = ['render', 'include', 'layout', 'block'];
function engineWith(more: { outputEscape?: 'escape' }): Liquid {
  const engine = new Liquid({ ...options, templates: {}, ...more });
  for (const tag of OF_FILES) delete engine.tags[tag];
  return engine;
}
const plain = engineWith({});
/** Of HTML: what variables hold is escaped unless `| raw` says otherwise. */
const html = engineWith({ outputEscape: 'escape' });

const parsed = new Map<string, Template[]>();

function parse(engine: Liquid, kind: string, source: string): Template[] {
  const key = `${kind}:${source}`;
  const known = parsed.get(key);
  if (known !== undefined) return known;
  const template = engine.parse(source);
  const oldest = parsed.size >= MOST_PARSED ? parsed.keys().next().value : undefined;
  if (oldest !== undefined) parsed.delete(oldest);
  parsed.set(key, template);
  return template;
}

/** A template that cannot be rendered with these variables; the message names what is missing. */
export class RenderError extends Error {
  override readonly name = 'RenderError';
  /** Path of the variable that is not there, or of the first part of it that is not. */
  get missing(): string | undefined {
    return /undefined variable: (.+?), line:\d/.exec(this.message)?.[1];
  }
}

/** @throws RenderError */
export function renderLiquid(source: string, variables: object, as: 'text' | 'html' = 'text'): string {
  if (!source.includes('{')) return source;
  const engine = as === 'html' ? html : plain;
  try {
    return engine.renderSync(parse(engine, as, source), variables);
  } catch (error) {
    throw new RenderError(error instanceof Error ? error.message : String(error));
  }
}

/** What is wrong with the syntax; undefined: nothing. */
export function liquidFault(source: string): string | undefined {
  try {
    plain.parse(source);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
