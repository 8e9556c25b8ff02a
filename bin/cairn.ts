import { App } from 'aws-cdk-lib';
import { cairn } from '../lib/cairn.ts';

const app = new App();
cairn(app, { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION });
app.synth();
