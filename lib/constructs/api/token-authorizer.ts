import { CfnOutput, RemovalPolicy, type Stack, Validations } from 'aws-cdk-lib';
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { CfnUserPoolGroup, UserPool } from 'aws-cdk-lib/aws-cognito';
import type { Config } from '../../config.ts';

const ROLES = ['viewer', 'marketer', 'approver', 'admin'];

/** Checks the tokens of the customer's own OIDC issuer, or of a Cognito user pool with a group for each role. */
export function tokenAuthorizer(stack: Stack, config: Config): HttpJwtAuthorizer {
  if (config.issuer !== undefined)
    return new HttpJwtAuthorizer('Jwt', config.issuer, { jwtAudience: [config.audience ?? config.prefix] });
  const pool = userPool(stack, config.prefix);
  const client = pool.addClient('Api', {
    authFlows: { userSrp: true, userPassword: true },
    generateSecret: false,
    // People sign in through the API: no hosted pages, no implicit grant to example.com.
    disableOAuth: true,
  });
  new CfnOutput(stack, 'UserPoolId', { value: pool.userPoolId });
  new CfnOutput(stack, 'UserPoolClientId', { value: client.userPoolClientId });
  const issuer = `https://cognito-idp.${stack.region}.${stack.urlSuffix}/${pool.userPoolId}`;
  return new HttpJwtAuthorizer('Jwt', issuer, { jwtAudience: [client.userPoolClientId] });
}

function userPool(stack: Stack, prefix: string): UserPool {
  const pool = new UserPool(stack, 'Users', {
    userPoolName: `${prefix}-users`,
    selfSignUpEnabled: false,
    passwordPolicy: {
      minLength: 12,
      requireLowercase: true,
      requireUppercase: true,
      requireDigits: true,
      requireSymbols: true,
    },
    removalPolicy: RemovalPolicy.RETAIN,
    deletionProtection: true,
  });
  for (const groupName of ROLES)
    new CfnUserPoolGroup(stack, `Role-${groupName}`, { userPoolId: pool.userPoolId, groupName });
  Validations.of(pool).acknowledge(
    {
      id: 'AwsSolutions::AwsSolutions-COG2',
      reason: 'Whether marketers need a second factor is the deploying team’s decision; most bring their own issuer.',
    },
    {
      id: 'AwsSolutions::AwsSolutions-COG3',
      reason: 'Threat protection is a paid tier that the deploying team chooses.',
    },
    { id: 'AwsSolutions::AwsSolutions-COG8', reason: 'The plus tier is a cost that the deploying team chooses.' },
  );
  return pool;
}
