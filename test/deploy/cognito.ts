import type { Emulator } from './emulator.ts';

const PASSWORD = 'Deploy-Test-0000!';

/** One call of Cognito's JSON API; the emulator asks for no signature, only for its shape. */
async function cognito(emulator: Emulator, operation: string, input: object): Promise<Record<string, unknown>> {
  const response = await fetch(emulator.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `AWSCognitoIdentityProviderService.${operation}`,
      authorization:
        'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/cognito-idp/aws4_request, SignedHeaders=host, Signature=test',
    },
    body: JSON.stringify(input),
  });
  const body = (await response.json()) as Record<string, unknown>;
  if (!response.ok) throw new Error(`${operation}: ${response.status} ${JSON.stringify(body)}`);
  return body;
}

/** A user of that name in the group of that role. */
export async function signUp(emulator: Emulator, outputs: Record<string, string>, role: string): Promise<void> {
  const user = { UserPoolId: outputs.UserPoolId, Username: role };
  await cognito(emulator, 'AdminCreateUser', { ...user, MessageAction: 'SUPPRESS' });
  await cognito(emulator, 'AdminSetUserPassword', { ...user, Password: PASSWORD, Permanent: true });
  await cognito(emulator, 'AdminAddUserToGroup', { ...user, GroupName: role });
}

/** An id token, as the API's authorizer wants it. */
export async function signIn(emulator: Emulator, outputs: Record<string, string>, role: string): Promise<string> {
  const answer = await cognito(emulator, 'InitiateAuth', {
    AuthFlow: 'USER_PASSWORD_AUTH',
    ClientId: outputs.UserPoolClientId,
    AuthParameters: { USERNAME: role, PASSWORD },
  });
  const result = answer.AuthenticationResult as { IdToken?: string } | undefined;
  if (result?.IdToken === undefined) throw new Error(`no token: ${JSON.stringify(answer)}`);
  return result.IdToken;
}
