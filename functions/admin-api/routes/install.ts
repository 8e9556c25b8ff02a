import type { DefinitionKind } from '../../../core/catalog/kind.ts';
import type { Kind } from '../../../core/definitions/definition.ts';
import { pointer } from '../../../core/json-pointer.ts';
import type { LibraryEntry } from '../../../engine/definitions/library/entry.ts';
import { pathOfParameter, unknownParameters, withParameters } from '../../../engine/definitions/library/parameters.ts';
import { type PutRequest, putDefinition } from '../../../engine/definitions/put-definition.ts';
import { DomainError, invalid } from '../../../engine/errors.ts';
import { messageOf } from '../../../runtime/http/schema-messages.ts';
import { issuesOf } from '../../../runtime/http/validation.ts';
import type { Deps } from '../dependencies.ts';

interface Install extends Pick<PutRequest<Kind>, 'id' | 'author' | 'headers'> {
  entry: LibraryEntry;
  parameters: Record<string, unknown>;
}

/** Writes a copy of the entry, as PUT would. Faults are reported at the parameters that caused them. */
export async function install<K extends LibraryEntry['kind']>(
  deps: Deps,
  kind: DefinitionKind<K>,
  { entry, parameters, ...asked }: Install,
): ReturnType<typeof putDefinition<K>> {
  const unknown = unknownParameters(entry, parameters);
  if (unknown.length > 0) {
    const known = Object.keys(entry.parameters).join(', ');
    const message = `unknown parameter; there are: ${known}`;
    throw invalid(
      'The parameters are not valid.',
      unknown.map((name) => ({ path: pointer(['parameters', name]), message })),
    );
  }
  const inRequest = ({ path, message }: { path: string; message: string }) => ({
    path: pathOfParameter(entry, parameters, path),
    message,
  });
  const sent = withParameters(entry, parameters);
  const read = kind.schema.safeParse(sent, { error: messageOf });
  if (!read.success) throw invalid('The parameters are not valid.', issuesOf(read.error).map(inRequest));
  try {
    return await putDefinition(deps, kind, { ...asked, definition: read.data, sent });
  } catch (error) {
    if (!(error instanceof DomainError) || error.fault.errors === undefined) throw error;
    throw new DomainError({ ...error.fault, errors: error.fault.errors.map(inRequest) });
  }
}
