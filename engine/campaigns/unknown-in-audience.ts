import type { Campaign } from '../../core/campaigns/schema.ts';
import { placedReferences } from '../../core/catalog/kinds/campaign.ts';
import type { Issue } from '../../core/definitions/definition.ts';
import { KIND_NAMES } from '../../core/definitions/kind-names.ts';
import type { DefinitionDeps } from '../definitions/deps.ts';

/** What the audience of a trigger names and nobody has defined: as at `submit`, a slip of the pen is not to be a sending to nobody. */
export async function unknownInAudience(
  { definitions }: Pick<DefinitionDeps, 'definitions'>,
  { name, at, late }: Campaign,
  audience: Campaign['audience'],
): Promise<Issue[]> {
  const placed = placedReferences({ name, at, late, audience }).filter(
    ({ reference }) => reference.kind !== 'computed-traits',
  );
  const issues: Issue[] = [];
  for (const { path, reference } of placed) {
    const head = await definitions.head(reference.kind, reference.id);
    if (head === undefined || head.deleted)
      issues.push({ path, message: `there is no ${KIND_NAMES[reference.kind].text} ${reference.id}` });
  }
  return issues;
}
