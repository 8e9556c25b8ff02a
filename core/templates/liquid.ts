import { Context, Liquid, type Template } from 'liquidjs';
import { inUrl } from '../links/authored.ts';
import type { LiquidTarget } from './liquid-filters.ts';
import { filtersFor } from './liquid-filters.ts';

/** Parsed templates in memory; the oldest go first. */
const MAX_PARSED = 500;
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
const FILE_TAGS = ['render', 'include', 'layout', 'block'];

function engineFor(target: LiquidTarget): Liquid {
  const { output, filters } = filtersFor(target);
  const engine = new Liquid({ ...options, templates: {}, outputEscape: output });
  for (const tag of FILE_TAGS) delete engine.tags[tag];
  for (const [name, filter] of Object.entries(filters)) engine.registerFilter(name, filter);
  engine.registerFilter('in_url', inUrl);
  return engine;
}
const engines: Record<LiquidTarget, Liquid> = {
  text: engineFor('text'),
  html: engineFor('html'),
  url: engineFor('url'),
};

/** `null` is no value: it is missing as what is undefined is. */
class StrictContext extends Context {
  override readProperty(object: Parameters<Context['readProperty']>[0], key: string | number): unknown {
    return super.readProperty(object, key) ?? undefined;
  }
}
const contextOf = (target: LiquidTarget, variables: object): Context =>
  new StrictContext(variables, engines[target].options, { sync: true }, { liquid: engines[target] });

const parsed = new Map<string, Template[]>();

function parse(target: LiquidTarget, source: string): Template[] {
  const key = `${target}:${source}`;
  const known = parsed.get(key);
  if (known !== undefined) return known;
  const template = engines[target].parse(source);
  const oldest = parsed.size >= MAX_PARSED ? parsed.keys().next().value : undefined;
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
  /** For whoever wrote the template: which variable has no value, or what else is wrong. At most 300 characters. */
  get detail(): string {
    const { missing } = this;
    return (missing === undefined ? this.message : `${missing} has no value`).slice(0, 300);
  }
}

/** @throws RenderError */
export function renderLiquid(source: string, variables: object, target: LiquidTarget = 'text'): string {
  if (!source.includes('{')) return source;
  return withRenderError(() => engines[target].renderSync(parse(target, source), contextOf(target, variables)));
}

/** One output and nothing beside it: `{{ data.total | times: 2 }}`. */
const ONE_OUTPUT = /^\s*\{\{-?((?:(?!\}\}|\{\{).)*?)-?\}\}\s*$/s;

/** As `renderLiquid`, but a text that is one output alone keeps its value's type: a number stays a number. @throws RenderError */
export function valueOfLiquid(source: string, variables: object): unknown {
  const rendered = renderLiquid(source, variables);
  const [, expression] = ONE_OUTPUT.exec(source) ?? [];
  if (expression === undefined) return rendered;
  const value: unknown = withRenderError(() => engines.text.evalValueSync(expression.trim(), variables));
  const isKept = typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value));
  return isKept ? value : rendered;
}

function withRenderError<Result>(run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    throw new RenderError(error instanceof Error ? error.message : String(error));
  }
}

/** What is wrong with the syntax; undefined: nothing. */
export function liquidFault(source: string): string | undefined {
  try {
    engines.text.parse(source);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Variables that the text takes from outside, each by its path; what it assigns itself is not among them. */
export const liquidVariables = (source: string): string[] =>
  source.includes('{') ? engines.text.globalFullVariablesSync(source, { partials: false }) : [];
