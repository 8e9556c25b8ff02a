import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

/** Reads a secret once for the life of the instance; a failed read is tried again at the next call. */
export function secret(client: SecretsManagerClient, arn: string): () => Promise<string> {
  let value: Promise<string> | undefined;
  const read = async (): Promise<string> => {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: arn }));
    if (SecretString === undefined) throw new Error('the secret has no text');
    return SecretString;
  };
  return async () => {
    value ??= read();
    try {
      return await value;
    } catch (error) {
      value = undefined;
      throw error;
    }
  };
}
