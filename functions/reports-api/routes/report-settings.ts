import type { Deps } from '../dependencies.ts';

/** The settings by which reports count. */
export async function reportSettings({ catalog }: Pick<Deps, 'catalog'>) {
  const { timezone, money, reportTraits } = (await catalog.snapshot()).snapshot.settings;
  return { timezone, currency: money.currency, reportTraits };
}
