import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { CHANNELS } from '../../core/channels/registry.ts';
import { NODES } from '../../core/journeys/nodes/registry.ts';

const FILES = globSync('{core,engine,adapters,runtime,functions,lib,local,statemachines,bin}/**/*.ts');
/** Stand-ins of services, and their adapters, each of which is one channel's. */
const SERVICES: Record<string, string> = { ses: 'email', pinpoint: 'push' };

/** Files that name types of nodes or functions: `webhook` is the name of both as well. */
const OF_NODES =
  /^(core\/(journeys|runs|catalog\/kinds\/journey)|engine\/runs|functions\/profiles-api\/routes\/webhooks|lib\/constructs\/(processing\/webhooks|function-memory))/;
const namesNode = (file: string, name: string): boolean => Object.hasOwn(NODES, name) && OF_NODES.test(file);

/** A file is a channel's own where its path names the channel, or the service that sends it. */
function isOwn(file: string, channel: string): boolean {
  const words = file.split(/[/.-]/);
  return words.includes(channel) || words.some((word) => SERVICES[word] === channel);
}

/** What is no comment, and no example within a message. */
const codeOf = (text: string): string =>
  text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '').replaceAll(/'[^'\n]*"[^'\n]*'/g, "''");

test.each(CHANNELS)('nothing but its own files names the channel %s', (channel) => {
  const literal = new RegExp(`['"\`]${channel}['"\`]|SEND_${channel.toUpperCase()}_`);
  const naming = FILES.filter(
    (file) => !isOwn(file, channel) && !namesNode(file, channel) && literal.test(codeOf(readFileSync(file, 'utf8'))),
  );
  expect(naming).toEqual([]);
});

/** Files that bring in what is one channel's own: a new channel has a line in these, and changes no other. `CONTRIBUTING.md#a-channel` names them. */
const REGISTRIES = [
  'adapters/sns/feedback.ts',
  'core/channels/address-readers.ts',
  'core/channels/registry.ts',
  'lib/channels/registry.ts',
  'local/providers/registry.ts',
  'local/receipts/registry.ts',
];
/** They need one channel alone, for what only that channel has: senders' addresses, report mails, and a receiver of its own. */
const OF_ONE = [
  'core/results/mail/subscription.ts',
  'functions/mail-reports/handler.ts',
  'lib/constructs/api/admin-api.ts',
  'lib/constructs/api/reports-api.ts',
  'lib/stacks/sending-stack.ts',
  'local/control.ts',
  'local/permissions/calls.ts',
];

const FOLDERS =
  /^(core\/channels|lib\/channels|local\/providers|local\/receipts|functions\/send-|adapters\/(?!dynamo\/))/;
const isChannels = (file: string): boolean => FOLDERS.test(file) && CHANNELS.some((channel) => isOwn(file, channel));

/** Files of ours that a file imports. */
const importsOf = (file: string): string[] =>
  [...readFileSync(file, 'utf8').matchAll(/from '(\.[^']+)'/g)].map(([, path = '']) => join(dirname(file), path));

test('only registries bring in the files of several channels', () => {
  const importing = FILES.filter((file) => !isChannels(file) && importsOf(file).some(isChannels));
  expect(importing.sort()).toEqual([...REGISTRIES, ...OF_ONE].sort());
});

test('the guide names every registry of channels', () => {
  const guide = readFileSync('CONTRIBUTING.md', 'utf8');
  expect(REGISTRIES.filter((file) => !guide.includes(`\`${file}\``))).toEqual([]);
});
