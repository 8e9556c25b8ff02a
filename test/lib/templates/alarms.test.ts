import { describe, expect, test } from 'vitest';
import { CHANNELS } from '../../../core/channels/registry.ts';
import { INGESTION_METRICS } from '../../../core/metrics/ingestion-counters.ts';
import { functionNames } from '../../../lib/bundles.ts';
import { parseConfig } from '../../../lib/config.ts';
import { ofLogicalId, ofType, propertiesOf, synthesised, synthesiseOnce } from './synthesis.ts';

synthesiseOnce();

describe('alarms', () => {
  const alarm = (name: string) => propertiesOf('AWS::CloudWatch::Alarm').find(({ AlarmName }) => AlarmName === name);
  /** Log group, pattern, and the value of what it does not match, of all filters that make this metric. */
  const filters = (metric: string) =>
    propertiesOf('AWS::Logs::MetricFilter').flatMap(({ LogGroupName, FilterPattern, MetricTransformations }) =>
      (MetricTransformations as unknown as { MetricName: string; DefaultValue?: number }[]).flatMap(
        ({ MetricName, DefaultValue }) => (MetricName === metric ? [[LogGroupName, FilterPattern, DefaultValue]] : []),
      ),
    );

  test.each(['advance-run', 'register-task-token'])(
    'of %s count failures, without the errors by which a run leaves it',
    (name) => {
      const metrics = alarm(`cairn-${name}-errors`)?.Metrics as unknown as {
        Expression?: string;
        MetricStat?: { Metric: { MetricName: string; Dimensions?: { Value: unknown }[] } };
      }[];
      expect(metrics.flatMap(({ Expression }) => Expression ?? []).sort()).toEqual([
        'IF(failed >= 5 AND failed > 0.05 * invoked, failed, 0)',
        'errors - FILL(left, 0)',
      ]);
      // Each metric is of one function: a function that is never invoked has no metrics, and a sum over several would then have none either.
      const measured = metrics.flatMap(({ MetricStat }) => MetricStat?.Metric ?? []);
      expect(measured.map(({ MetricName }) => MetricName).sort()).toEqual([
        'Errors',
        'Invocations',
        `TasksEndedAsExpected-${name}`,
      ]);
      expect(filters(`TasksEndedAsExpected-${name}`)).toEqual([
        [`/cairn/cairn-${name}`, '{ $.message = "task ended by an expected error" }', 0],
      ]);
    },
  );

  test('wake somebody when a run’s execution is lost', () => {
    expect(alarm('cairn-lost-executions')).toMatchObject({
      MetricName: 'RunsParked',
      Namespace: 'Cairn/cairn',
      Threshold: 0,
    });
    expect(filters('RunsParked')).toEqual(
      ['handle-failed-execution', 'recover-lost-runs'].map((name) => [
        `/cairn/cairn-${name}`,
        '{ $.message = "run parked: its execution was lost" }',
        undefined,
      ]),
    );
  });

  test('wake somebody when the nightly recount finds counters that differ from the rows', () => {
    expect(alarm('cairn-counter-drift')).toMatchObject({
      Namespace: 'Cairn/cairn',
      MetricName: 'CounterDrift',
      Statistic: 'Sum',
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
    });
    const job = ofLogicalId('AWS::Lambda::Function').find(([, properties]) =>
      JSON.stringify(properties).includes('"FunctionName":"cairn-run-job"'),
    );
    const nightly = propertiesOf('AWS::Scheduler::Schedule').filter(({ ScheduleExpression }) =>
      String(ScheduleExpression).startsWith('cron('),
    );
    expect(JSON.stringify(nightly)).toContain(String(job?.[0]));
  });

  test('wake somebody when the data lake differs from the counters', () => {
    expect(alarm('cairn-lake-drift')).toMatchObject({
      Namespace: 'Cairn/cairn',
      MetricName: 'LakeDrift',
      Threshold: 0,
      TreatMissingData: 'notBreaching',
    });
  });

  test('wake somebody when counters of reports differ from the data lake', () => {
    expect(alarm('cairn-report-drift')).toMatchObject({
      Namespace: 'Cairn/cairn',
      MetricName: 'ReportDrift',
      Threshold: 0,
      TreatMissingData: 'notBreaching',
    });
  });

  test('wake somebody when providers refuse whatever they are handed', () => {
    expect(alarm('cairn-provider-refusals')).toMatchObject({
      MetricName: 'ProviderRefusals',
      Namespace: 'Cairn/cairn',
      Period: 3600,
      Threshold: 4,
    });
    expect(filters('ProviderRefusals')).toEqual(
      ['send-email', 'send-sms', 'send-push', 'send-webhook'].map((name) => [
        `/cairn/cairn-${name}`,
        '{ $.message = "the provider refused a request" }',
        undefined,
      ]),
    );
  });

  test('wake somebody when nothing comes in, is taken or falls due: that makes no dead letters', () => {
    const api = ofLogicalId('AWS::ApiGatewayV2::Api')[0]?.[0];
    expect(alarm('cairn-api-errors')).toMatchObject({
      Namespace: 'AWS/ApiGateway',
      MetricName: '5xx',
      Dimensions: [{ Name: 'ApiId', Value: { 'Fn::ImportValue': expect.stringContaining(String(api)) } }],
    });
    expect(alarm('cairn-api-latency')).toMatchObject({
      MetricName: 'Latency',
      ExtendedStatistic: 'p95',
      Threshold: 2000,
      Dimensions: [{ Name: 'ApiId', Value: { 'Fn::ImportValue': expect.stringContaining(String(api)) } }],
    });
    const throttles = alarm('cairn-lambda-throttles');
    expect(throttles).toMatchObject({ Namespace: 'AWS/Lambda', MetricName: 'Throttles' });
    expect(throttles).not.toHaveProperty('Dimensions');
    const silent = alarm('cairn-dispatch-due-silent');
    expect(silent).toMatchObject({ ComparisonOperator: 'LessThanThreshold', TreatMissingData: 'breaching' });
    expect(silent?.Metrics).toContainEqual(expect.objectContaining({ Expression: 'invoked - errors' }));
    expect(JSON.stringify(silent?.Metrics).match(/cairn-[\w-]+/g)).toEqual([
      'cairn-dispatch-due',
      'cairn-dispatch-due',
    ]);
  });

  test('tell somebody when an event that starts a journey comes no more', () => {
    expect(alarm('cairn-entry-events-silent')).toMatchObject({
      Namespace: 'Cairn/cairn',
      MetricName: 'EntryEventsSilent',
      Threshold: 0,
      TreatMissingData: 'notBreaching',
    });
    const [environment] = propertiesOf('AWS::Lambda::Function').flatMap(({ FunctionName, Environment }) =>
      FunctionName === 'cairn-check-guardrails' ? [Environment] : [],
    );
    expect(environment).toMatchObject({ Variables: { METRICS_NAMESPACE: 'Cairn/cairn' } });
  });

  test('wake somebody when Lambda stops a chain of invocations', () => {
    const stopped = propertiesOf('AWS::CloudWatch::Alarm').filter(
      ({ MetricName }) => MetricName === 'RecursiveInvocationsDropped',
    );
    const functions = stopped.flatMap(({ Dimensions }) =>
      (Dimensions as unknown as { Value: string }[]).map(({ Value }) => Value),
    );
    expect(functions.toSorted()).toEqual(['cairn-process-events', 'cairn-start-run', 'cairn-stop-executions']);
  });

  test('wake somebody before SES stops the account', () => {
    const rates = ['bounce', 'complaint'].map((kind) => alarm(`cairn-${kind}-rate`));
    expect(rates.map((rate) => [rate?.Namespace, rate?.MetricName, rate?.Threshold])).toEqual([
      // It reviews from 0.05 and 0.001.
      ['AWS/SES', 'Reputation.BounceRate', 0.04],
      ['AWS/SES', 'Reputation.ComplaintRate', 0.0008],
    ]);
  });

  const named = (type: string, property: string) =>
    propertiesOf(type).flatMap((one) => {
      const name: unknown = one[property];
      return typeof name === 'string' && name.startsWith('cairn-') ? [name] : [];
    });

  test('watch each queue: dead letters, and what waits too long', () => {
    const queues = named('AWS::SQS::Queue', 'QueueName').filter((name) => !/-dlq(\.fifo)?$/.test(name));
    expect(queues.length).toBeGreaterThan(15);
    for (const queue of queues.map((name) => name.replace('.fifo', ''))) {
      expect(alarm(`${queue}-dead-letters`), queue).toMatchObject({ Threshold: 0 });
      expect(alarm(`${queue}-age`), queue).toMatchObject({
        MetricName: 'ApproximateAgeOfOldestMessage',
        Dimensions: [{ Name: 'QueueName', Value: { 'Fn::ImportValue': expect.any(String) } }],
      });
    }
    // A one-time code is worth nothing later; a crowd may take its time.
    expect(alarm('cairn-send-sms-now-age')?.Threshold).toBe(600);
    expect(alarm('cairn-send-sms-bulk-age')?.Threshold).toBe(7_200);
  });

  test('watch each function: errors and throttles', () => {
    const functions = named('AWS::Lambda::Function', 'FunctionName');
    expect(functions.toSorted()).toEqual(functionNames().map((name) => `cairn-${name}`));
    for (const name of functions) {
      expect(JSON.stringify(alarm(`${name}-errors`)?.Metrics), name).toContain('"MetricName":"Errors"');
      expect(alarm(`${name}-throttles`), name).toMatchObject({
        MetricName: 'Throttles',
        Dimensions: [{ Name: 'FunctionName', Value: name }],
      });
    }
  });

  test('watch what each channel does to people, over 24 hours and no fewer than 500 messages', () => {
    for (const channel of CHANNELS) {
      const name = `cairn-unsubscribes-${channel}`;
      expect([alarm(name)?.Threshold, alarm(`${name}-pause`)?.Threshold]).toEqual([5, 10]);
      for (const one of [alarm(name), alarm(`${name}-pause`)]) {
        expect(one?.ComparisonOperator).toBe('GreaterThanThreshold');
        const metrics = one?.Metrics as unknown as { Expression?: string; MetricStat?: object }[];
        expect(metrics[0]?.Expression).toBe(
          `IF(FILL(sent_${channel}, 0) >= 500, 100 * FILL(unsubscribed_${channel}, 0) / sent_${channel}, 0)`,
        );
        expect(metrics.slice(1).map(({ MetricStat }) => MetricStat)).toEqual(
          ['MessagesSent', 'MessagesUnsubscribed'].map((MetricName) => ({
            Metric: { Dimensions: [{ Name: 'channel', Value: channel }], MetricName, Namespace: 'Cairn/cairn' },
            Period: 86_400,
            Stat: 'Sum',
          })),
        );
      }
      expect(alarm(`cairn-send-latency-${channel}`)).toMatchObject({ ExtendedStatistic: 'p95', Threshold: 600 });
    }
    expect([alarm('cairn-bounces-email')?.Threshold, alarm('cairn-complaints-email')?.Threshold]).toEqual([4, 0.08]);
  });

  test('pause their channel through a queue of their own', () => {
    const [rule, ...others] = propertiesOf('AWS::Events::Rule').filter(({ EventPattern }) =>
      JSON.stringify(EventPattern).includes('aws.cloudwatch'),
    );
    expect(others).toEqual([]);
    const { detail } = (rule?.EventPattern ?? {}) as { detail?: { alarmName: string[]; state: object } };
    expect(detail?.state).toEqual({ value: ['ALARM'] });
    expect(detail?.alarmName).toEqual(CHANNELS.map((channel) => `cairn-unsubscribes-${channel}-pause`));
    for (const name of detail?.alarmName ?? []) expect(alarm(name)).toBeDefined();
    expect(rule?.Targets).toMatchObject([{ Arn: { 'Fn::GetAtt': [expect.stringContaining('Alarms'), 'Arn'] } }]);
  });

  test('come before the quota of open executions is used up', () => {
    const metrics = alarm('cairn-open-executions')?.Metrics;
    expect(alarm('cairn-open-executions')?.Threshold).toBe(80);
    // Both are the account's: they have no dimensions.
    expect(JSON.stringify(metrics)).not.toContain('Dimensions');
    for (const name of ['OpenExecutionCount', 'OpenExecutionLimit']) expect(JSON.stringify(metrics)).toContain(name);
  });

  test('follow the configuration', async () => {
    const alarms = { unsubscribe: { notify: 2.5, pause: 4 }, functions: false };
    const own = ofType(await synthesised({ alarms, channels: ['sms'] }), 'AWS::CloudWatch::Alarm');
    const thresholds = Object.fromEntries(own.map(({ Properties }) => [Properties?.AlarmName, Properties?.Threshold]));
    expect(thresholds).toMatchObject({ 'cairn-unsubscribes-sms': 2.5, 'cairn-unsubscribes-sms-pause': 4 });
    expect(Object.keys(thresholds).filter((name) => /email|throttles|rate$/.test(name))).toEqual([
      'cairn-send-email-now-dead-letters',
      'cairn-send-email-bulk-dead-letters',
      'cairn-send-email-now-age',
      'cairn-send-email-bulk-age',
      'cairn-lambda-throttles',
    ]);
    expect(() =>
      parseConfig({ alarms: { unsubscribe: { notify: 11 } } }, { stage: 'x', region: 'eu-west-1', emulator: false }),
    ).toThrow('alarms.unsubscribe.notify: give no more than `pause`');
  }, 60_000);

  test('and the dashboard shows what record-metrics reports of ingestion', () => {
    const [dashboard] = propertiesOf('AWS::CloudWatch::Dashboard').map((one) => JSON.stringify(one.DashboardBody));
    const record = propertiesOf('AWS::Lambda::Function').find((one) => one.FunctionName === 'cairn-record-metrics');
    const environment = record?.Environment as unknown as { Variables: Record<string, string> } | undefined;
    for (const metric of INGESTION_METRICS)
      expect(dashboard).toContain(
        JSON.stringify(`"${environment?.Variables.METRICS_NAMESPACE}","${metric}"`).slice(1, -1),
      );
  });

  test('each notify the topic', () => {
    for (const { AlarmName, AlarmActions } of propertiesOf('AWS::CloudWatch::Alarm'))
      expect([AlarmName, AlarmActions]).toEqual([AlarmName, [{ Ref: expect.stringMatching(/^Alarms/) }]]);
  });
});
