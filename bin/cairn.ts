import { App } from 'aws-cdk-lib';
import { cairn } from '../lib/cairn.ts';

// The CLI tells both where it has credentials; without them templates can be looked at, and nothing deployed.
const { CDK_DEFAULT_ACCOUNT: account = '000000000000', CDK_DEFAULT_REGION: region = 'us-east-1' } = process.env;

const app = new App();
cairn(app, { account, region });
app.synth();
