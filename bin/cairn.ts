import { App } from 'aws-cdk-lib';
import { cairn } from '../lib/cairn.ts';
import { readConfig } from '../lib/config.ts';

// The CLI sets both if it has credentials. Without credentials, templates can be synthesised but not deployed.
const { CDK_DEFAULT_ACCOUNT = '000000000000', CDK_DEFAULT_REGION = 'us-east-1' } = process.env;

const app = new App();
const config = readConfig(app.node, CDK_DEFAULT_REGION);
cairn(app, config.account ?? CDK_DEFAULT_ACCOUNT, config);
app.synth();
