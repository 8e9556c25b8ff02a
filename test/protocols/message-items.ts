import { TABLES } from './tables.ts';

type Item = Record<string, unknown>;

/** The rows of messages, without the notes that lie beside them. */
export const messageItems = async (tables: { all(table: string): Item[] | Promise<Item[]> }): Promise<Item[]> =>
  (await tables.all(TABLES.messages)).filter(({ pk }) => String(pk).startsWith('MSG#'));
