export interface Key {
  pk: string;
  sk: string;
}

export type Item = Record<string, unknown>;
