/** Fault in an MJML text, and its line. */
export interface MjmlFault {
  message: string;
  line: number;
}

interface Open {
  name: string;
  at: number;
}

/** A Liquid tag; a comment with its whole content counts as one. */
const LIQUID_TAG = /\{%-?\s*comment\s*-?%\}[\s\S]*?\{%-?\s*endcomment\s*-?%\}|\{%[\s\S]*?%\}/y;
const TAG_NAME = /<(\/?)([a-zA-Z][\w-]*)/y;
/** Elements between whose children MJML keeps the content of `mj-raw`. */
const KEEPS_RAW = new Set(['mj-body', 'mj-wrapper', 'mj-section', 'mj-group', 'mj-column', 'mj-hero', 'mj-head']);

/**
 * MJML drops everything between elements, including Liquid's `{% if %}`, so that every customer would get every branch. So this wraps Liquid tags
 * between elements in `mj-raw`, which MJML leaves unchanged. Anything else that MJML would drop is a fault. `leaves`: the elements whose content MJML
 * takes as text and does not parse.
 */
export function markLiquid(source: string, leaves: ReadonlySet<string>): { source: string } | { faults: MjmlFault[] } {
  const reader = new MjmlReader(source, leaves);
  const fault = reader.read();
  return fault === undefined ? { source: reader.out } : { faults: [fault] };
}

class MjmlReader {
  out = '';
  private at = 0;
  private readonly open: Open[] = [];
  private readonly source: string;
  private readonly leaves: ReadonlySet<string>;

  constructor(source: string, leaves: ReadonlySet<string>) {
    this.source = source;
    this.leaves = leaves;
  }

  /** Returns the first fault, or undefined if there is none. */
  read(): MjmlFault | undefined {
    while (this.at < this.source.length) {
      const fault = this.readNext();
      if (fault !== undefined) return fault;
    }
    const unclosed = this.open.at(-1);
    return unclosed && this.fault(`<${unclosed.name}> is not closed`, unclosed.at);
  }

  private readNext(): MjmlFault | undefined {
    if (this.source.startsWith('<!--', this.at)) return this.readComment();
    const tag = this.match(TAG_NAME);
    if (tag !== undefined) return tag[1] === '/' ? this.readClosing(tag[2] ?? '') : this.readOpening(tag[2] ?? '');
    const liquid = this.match(LIQUID_TAG);
    if (liquid !== undefined) return this.readLiquid(liquid[0]);
    return this.readText();
  }

  private readComment(): MjmlFault | undefined {
    const end = this.source.indexOf('-->', this.at);
    if (end < 0) return this.fault('the comment is not closed');
    this.copyTo(end + 3);
    return undefined;
  }

  private readLiquid(tag: string): MjmlFault | undefined {
    const parent = this.open.at(-1)?.name;
    if (parent === undefined || !KEEPS_RAW.has(parent)) {
      const where = parent === undefined ? 'outside <mjml>' : `directly in <${parent}>`;
      return this.fault(`Liquid cannot stand ${where}: put it into mj-body, or into an element's text`);
    }
    this.out += `<mj-raw>${tag}</mj-raw>`;
    this.at += tag.length;
    return undefined;
  }

  private readText(): MjmlFault | undefined {
    const rest = this.source.slice(this.at, this.at + 40);
    if (/^\s/.test(rest)) {
      this.copyTo(this.at + 1);
      return undefined;
    }
    const word = /^(?:\{\{.*?\}\}|[^\s<]{1,30})/.exec(rest)?.[0] ?? rest;
    return this.fault(`text between elements would be dropped (${word}): put it into mj-text`);
  }

  private readClosing(name: string): MjmlFault | undefined {
    const end = this.source.indexOf('>', this.at);
    if (end < 0) return this.fault(`</${name}> is cut off`);
    const last = this.open.pop();
    if (last?.name !== name) {
      return last === undefined
        ? this.fault(`</${name}> closes nothing`)
        : this.fault(`<${last.name}> is not closed before </${name}>`, last.at);
    }
    this.copyTo(end + 1);
    return undefined;
  }

  private readOpening(name: string): MjmlFault | undefined {
    const start = this.at;
    if (name === 'mj-include') return this.fault('mj-include reads files, and there are none: put the text here');
    const end = this.endOfTag(start + 1 + name.length);
    if (typeof end !== 'number') return end;
    this.copyTo(end);
    if (this.source[end - 2] === '/') return undefined;
    if (!this.leaves.has(name)) {
      this.open.push({ name, at: start });
      return undefined;
    }
    return this.readLeaf(name, start);
  }

  /** Reads up to the end of an element whose content MJML takes as text. */
  private readLeaf(name: string, start: number): MjmlFault | undefined {
    const close = this.source.indexOf(`</${name}`, this.at);
    const end = close < 0 ? -1 : this.source.indexOf('>', close);
    const inside = end < 0 ? '' : this.source.slice(this.at, close);
    if (end < 0 || /<\/?mj-/i.test(inside)) return this.fault(`<${name}> is not closed`, start);
    this.copyTo(end + 1);
    return undefined;
  }

  /** Returns the position after the `>` of the tag whose attributes start at `from`. */
  private endOfTag(from: number): number | MjmlFault {
    let quote: string | undefined;
    for (let at = from; at < this.source.length; at += 1) {
      const character = this.source[at];
      if (this.source.startsWith('{{', at) || this.source.startsWith('{%', at)) {
        const end = this.endOfLiquid(at, quote);
        if (typeof end !== 'number') return end;
        at = end - 1;
        continue;
      }
      if (quote !== undefined) {
        if (character === quote) quote = undefined;
      } else if (character === '"' || character === "'") quote = character;
      else if (character === '>') return at + 1;
      else if (character === '<') return this.fault('a tag is not closed', from);
    }
    return this.fault(quote === undefined ? 'a tag is cut off' : 'a quote is not closed', from);
  }

  /** Returns the position after the Liquid in an attribute. */
  private endOfLiquid(from: number, quote: string | undefined): number | MjmlFault {
    if (quote === undefined) return this.fault("in a tag, Liquid can only stand in an attribute's value", from);
    const end = this.source.indexOf(this.source[from + 1] === '%' ? '%}' : '}}', from);
    if (end < 0) return this.fault('Liquid is not closed', from);
    if (this.source.slice(from, end).includes(quote)) {
      return this.fault(
        `Liquid in an attribute cannot hold the attribute's own quote ${quote}: use the other one`,
        from,
      );
    }
    return end + 2;
  }

  private match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at;
    return pattern.exec(this.source) ?? undefined;
  }

  private copyTo(end: number): void {
    this.out += this.source.slice(this.at, end);
    this.at = end;
  }

  private fault(message: string, at = this.at): MjmlFault {
    return { message, line: this.source.slice(0, at).split('\n').length };
  }
}
