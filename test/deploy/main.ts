import { S3Client } from '@aws-sdk/client-s3';
import { objectStore } from '../../adapters/s3/objects.ts';
import { buildBundles } from '../../lib/bundles.ts';
import { listen } from '../../local/http.ts';
import { startOutbox } from '../../local/providers/outbox.ts';
import { byHttp, services } from '../../local/services.ts';
import { sendCampaign } from './campaign.ts';
import { signIn, signUp } from './cognito.ts';
import { deploy, type Emulator, installEmulator, startEmulator } from './emulator.ts';
import { compare, playAll } from './histories.ts';
import { deployedStage, embeddedStage } from './stages.ts';

/** `npm run test:deploy`: the real stacks, deployed by the real CLI into an emulator of AWS, example journeys and a campaign by HTTP. */
const PORT = 4566;
let passed = 0;
let failed = 0;

async function check(name: string, work: () => Promise<void>): Promise<boolean> {
  const started = performance.now();
  try {
    await work();
    passed += 1;
    console.log(`ok      ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
    return true;
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${name}\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    return false;
  }
}

/** The embedded cloud's own emulators serve the channels that this emulator lacks (push and SMS). */
const outbox = startOutbox();
const nothing = () => {
  throw new Error('only push and SMS are served here');
};
const noTopics = { has: () => false, publish: nothing, notices: () => [], reset: nothing };
const providers = await listen(
  0,
  byHttp(services({ outbox, states: nothing, lambdas: nothing, secrets: {}, topics: noTopics, now: () => Date.now() })),
);

let emulator: Emulator | undefined;
let outputs: Record<string, Record<string, string>> = {};
const started =
  (await check('the emulator is installed', installEmulator)) &&
  (await check('the bundles are built', async () => void (await buildBundles()))) &&
  (await check('the emulator starts', async () => {
    emulator = await startEmulator(PORT, `http://127.0.0.1:${providers.port}`);
  }));
if (started && emulator !== undefined) {
  const cloud = emulator;
  const deployed = await check('cdk bootstrap and cdk deploy --all', async () => {
    outputs = await deploy(cloud);
  });
  if (deployed) {
    const api = `${cloud.url}/_aws/execute-api/${outputs['cairn-api']?.ApiId}/$default`;
    const tokens: Record<string, string> = {};
    await check('people sign in through the user pool', async () => {
      for (const role of ['marketer', 'approver', 'admin']) {
        await signUp(cloud, outputs['cairn-api'] ?? {}, role);
        tokens[role] = await signIn(cloud, outputs['cairn-api'] ?? {}, role);
      }
    });
    await check('the bucket takes objects and gives them back', async () => {
      const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
      const client = new S3Client({ endpoint: cloud.url, region: 'us-east-1', credentials });
      const objects = objectStore(client, 'cairn-objects-000000000000-us-east-1');
      for (const page of ['{"page":1}\n', '{"page":"一"}\n']) {
        await objects.put('campaigns/a/1', page);
        if ((await objects.get('campaigns/a/1')) !== page) throw new Error('another object came back');
      }
      if ((await objects.get('campaigns/a/2')) !== undefined) throw new Error('an object came back that nobody put');
    });
    const deployed = () => deployedStage(api, tokens);
    await check('every example journey, with short waits, comes out as in the embedded cloud', async () => {
      const embedded = await embeddedStage();
      const expected = await playAll(embedded).finally(() => embedded.stop());
      compare(await playAll(await deployed()), expected);
      for (const { journey, customer, outcome, sent } of expected)
        console.log(`        ${journey}: ${customer} ${String(outcome)}, ${sent.length} messages`);
    });
    await check('a campaign to 1,000 customers adds up at every look, and reaches each once', async () => {
      await sendCampaign(await deployed(), outbox);
    });
    await check('the providers were handed each message once', async () => {
      const ids = outbox.items.map(({ messageId }) => messageId);
      if (ids.length === 0 || new Set(ids).size !== ids.length) throw new Error(`messages handed: ${ids.join(', ')}`);
    });
  }
  if (failed > 0) console.log((await cloud.log()).split('\n').slice(-40).join('\n'));
  await cloud.stop();
}
providers.server.close();
providers.server.closeAllConnections();
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
