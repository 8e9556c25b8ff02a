import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { secret } from '../../../adapters/secrets-manager/secrets.ts';

const ARN = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:cairn-links-AbCdEf';
const client = new SecretsManagerClient({ region: 'us-east-1' });
const secrets = mockClient(client);
const reads = () => secrets.commandCalls(GetSecretValueCommand).map(({ args }) => args[0].input);

beforeEach(() => {
  secrets.reset();
  secrets.on(GetSecretValueCommand).resolves({ SecretString: 'signing key' });
});

describe('a secret', () => {
  it('is not read before it is asked for', () => {
    secret(client, ARN);
    expect(reads()).toEqual([]);
  });

  it('is read once by its ARN, also for those who ask at the same time', async () => {
    const read = secret(client, ARN);
    expect(await Promise.all([read(), read(), read()])).toEqual(['signing key', 'signing key', 'signing key']);
    expect(await read()).toBe('signing key');
    expect(reads()).toEqual([{ SecretId: ARN }]);
  });

  it('is not another’s', async () => {
    secrets.on(GetSecretValueCommand, { SecretId: 'other' }).resolves({ SecretString: 'other key' });
    const [one, other] = [secret(client, ARN), secret(client, 'other')];
    expect(await Promise.all([one(), other(), one()])).toEqual(['signing key', 'other key', 'signing key']);
  });

  it('that could not be read fails for all who asked, and is read at the next call', async () => {
    const missing = new ResourceNotFoundException({ message: 'no such secret', $metadata: { httpStatusCode: 400 } });
    secrets.on(GetSecretValueCommand).rejectsOnce(missing).resolves({ SecretString: 'signing key' });
    const read = secret(client, ARN);
    const asked = await Promise.allSettled([read(), read()]);
    expect(asked).toEqual([
      { status: 'rejected', reason: missing },
      { status: 'rejected', reason: missing },
    ]);
    expect(await read()).toBe('signing key');
    expect(await read()).toBe('signing key');
    expect(reads()).toHaveLength(2);
  });

  it('of bytes is refused: nothing is signed by an empty key', async () => {
    secrets.on(GetSecretValueCommand).resolves({ SecretBinary: new Uint8Array([1, 2, 3]) });
    await expect(secret(client, ARN)()).rejects.toThrow('the secret has no text');
  });
});
