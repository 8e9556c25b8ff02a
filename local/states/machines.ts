import { type Definition, readDefinition, type State } from './definition.ts';
import type { Execution } from './execution.ts';
import type { Journal } from './journal.ts';

/** State machines by name, each with its definition. */
export class Machines {
  private readonly machines = new Map<string, { text: string; definition: Definition }>();
  private readonly journal: Journal;

  constructor(journal: Journal) {
    this.journal = journal;
    for (const { name, definition } of journal.machines()) this.set(name, definition);
  }

  define(name: string, text: string): void {
    this.set(name, text);
    this.journal.define(name, text);
  }

  undefine(name: string): void {
    this.machines.delete(name);
    this.journal.undefine(name);
  }

  has(name: string): boolean {
    return this.machines.has(name);
  }

  definitionOf(name: string): Definition | undefined {
    return this.machines.get(name)?.definition;
  }

  stateOf(execution: Execution): State {
    const state = this.machines.get(execution.machine)?.definition.States[execution.state];
    if (state === undefined) throw new Error(`${execution.machine} has no state ${execution.state}`);
    return state;
  }

  list(): { name: string; definition: string }[] {
    return [...this.machines].map(([name, { text }]) => ({ name, definition: text }));
  }

  clear(): void {
    this.machines.clear();
  }

  private set(name: string, text: string): void {
    this.machines.set(name, { text, definition: readDefinition(text) });
  }
}
